// Watched questions, and the tests of a model: both are asked in one batch.

import { field, make, show, t } from "page.js";

const LIVE = "counterfoil.permissions.watched";

export const said = ({ user, relation, object }) => `${user} ${relation} ${object}`;

function verdictOf(answer) {
  if (!answer) return [t("asking"), "idle"];
  if (answer.error) return [`${t("unknown")}: ${answer.error}`, "warn"];
  return answer.allowed ? [t("allowed"), "good"] : [t("denied"), "bad"];
}

function verdict(answer) {
  const [text, tone] = verdictOf(answer);
  return make("span", text, { class: "badge", "data-tone": tone });
}

function button(text, question, act, kind = "curl") {
  const element = make("button", text, { type: "button", class: kind });
  element.append(make("span", ` ${said(question)}`, { class: "unseen" }));
  element.addEventListener("click", act);
  return element;
}

/** Questions that are asked again whenever something changes. */
export class Watches {
  constructor(ask, explain) {
    this.ask = ask;
    this.explain = explain;
    this.list = [];
  }

  open(store) {
    this.place = `${LIVE}.${store}`;
    const kept = JSON.parse(localStorage.getItem(this.place) ?? "[]");
    this.list = kept.map((question) => ({ question }));
    this.show();
  }

  add(question) {
    if (this.list.some((one) => said(one.question) === said(question))) return;
    this.list.push({ question });
    this.keep();
    this.run();
  }

  remove(question) {
    this.list = this.list.filter((one) => one.question !== question);
    this.keep();
    this.show();
  }

  keep() {
    localStorage.setItem(this.place, JSON.stringify(this.list.map((one) => one.question)));
  }

  async run() {
    const asked = this.list;
    const answers = await this.ask(asked.map((one) => one.question));
    asked.forEach((one, place) => {
      one.answer = answers[place];
    });
    this.show();
  }

  show() {
    const lines = this.list.map(({ question, answer }) => {
      const line = make("li", undefined, { "data-watch": said(question) });
      const remove = () => this.remove(question);
      line.append(
        verdict(answer),
        make("span", said(question), { class: "mono" }),
        button(t("why"), question, () => this.explain(question)),
        button(t("remove"), question, remove),
      );
      return line;
    });
    field("watches").replaceChildren(...lines);
  }
}

/** What must hold of a model. */
export class Tests {
  constructor(ask, explain) {
    this.ask = ask;
    this.explain = explain;
    this.list = [];
  }

  open(assertions) {
    this.list = assertions.map(({ tuple_key, expectation }) => ({
      question: tuple_key,
      expectation: expectation === true,
    }));
    this.show();
  }

  add(question, expectation) {
    this.list.push({ question, expectation });
    this.show();
  }

  assertions() {
    return this.list.map(({ question, expectation }) => ({ tuple_key: question, expectation }));
  }

  async run() {
    const asked = this.list;
    const answers = await this.ask(asked.map((one) => one.question));
    asked.forEach((one, place) => {
      one.answer = answers[place];
    });
    this.show();
  }

  show() {
    field("tests").replaceChildren(...this.list.map((one) => this.row(one)));
    const asked = this.list.filter((one) => one.answer);
    const failed = asked.filter((one) => one.answer.allowed !== one.expectation).length;
    const count = asked.length;
    if (!count) show(field("tests-verdict"), "", "idle");
    else if (failed) show(field("tests-verdict"), t("tests.some", { failed, count }), "bad");
    else show(field("tests-verdict"), t("tests.all", { count }), "good");
  }

  row(one) {
    const row = make("tr");
    const cell = (...children) => {
      const element = make("td");
      element.append(...children);
      return element;
    };
    const remove = () => {
      this.list = this.list.filter((other) => other !== one);
      this.show();
    };
    const failed = one.answer && one.answer.allowed !== one.expectation;
    if (failed) row.dataset.failed = "true";
    row.append(
      make("th", said(one.question), { scope: "row", class: "mono" }),
      make("td", one.expectation ? t("allowed") : t("denied")),
      cell(one.answer ? verdict(one.answer) : "–"),
      cell(
        button(t("why"), one.question, () => this.explain(one.question)),
        button(t("remove"), one.question, remove),
      ),
    );
    return row;
  }
}
