// The model's editor: what is wrong with the text while it is written, its drawing and its table.

import { field, make, show, t } from "page.js";
import { draw, tableOf } from "perm-draw.js";

const PAUSE_MS = 250;

export class Editor {
  /** `changed` is called with the model whenever the text is a valid one. */
  constructor(api, changed) {
    this.api = api;
    this.changed = changed;
    this.area = document.getElementById("model");
    this.saved = "";
    this.area.addEventListener("input", () => {
      this.number();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.read(), PAUSE_MS);
    });
    this.area.addEventListener("scroll", () => {
      field("gutter").scrollTop = this.area.scrollTop;
    });
    for (const tab of document.querySelectorAll("[data-view]")) {
      tab.addEventListener("click", () => choose(tab));
      tab.addEventListener("keydown", (event) => move(tab, event));
    }
  }

  get text() {
    return this.area.value;
  }

  /** Shows a text as the saved one. */
  async load(text) {
    this.saved = text;
    await this.put(text);
  }

  /** Shows a text as if it had been written. */
  async put(text) {
    this.area.value = text;
    this.number();
    await this.read();
  }

  /** Reads the text again; its model, if it is valid. */
  async read() {
    clearTimeout(this.timer);
    const text = this.text;
    show(field("verdict"), t("checking"), "idle");
    const { model, problems = [] } = await this.api.read(text);
    if (text !== this.text) return undefined;
    const errors = problems.filter((problem) => problem.severity === "error");
    this.judge(model, problems, errors);
    if (!model || errors.length) return undefined;
    field("graph").replaceChildren(draw(model));
    field("table").replaceChildren(...tableOf(model));
    this.changed(model);
    return model;
  }

  judge(model, problems, errors) {
    const lines = problems.map((problem) => this.line(problem));
    field("problems").replaceChildren(...lines);
    if (!this.text.trim()) {
      show(field("verdict"), t("no-model"), "warn");
      return;
    }
    if (errors.length || !model) {
      show(field("verdict"), t("invalid", { count: errors.length }), "bad");
      return;
    }
    const types = model.type_definitions.length;
    const relations = model.type_definitions
      .reduce((sum, one) => sum + Object.keys(one.relations ?? {}).length, 0);
    let verdict = t("valid", { types, relations });
    if (problems.length) verdict = t("warned", { verdict, count: problems.length });
    if (this.text !== this.saved) verdict = t("changed", { verdict });
    show(field("verdict"), verdict, problems.length ? "warn" : "good");
  }

  line({ line, column, message, severity }) {
    const entry = make("li", undefined, { "data-tone": severity === "error" ? "bad" : "warn" });
    if (line !== undefined && line !== null) {
      const button = make("button", t("at", { line, column }), { type: "button", class: "curl" });
      button.addEventListener("click", () => this.go(line, column));
      entry.append(button);
    }
    const text = severity === "error" ? message : `${t("warning")}: ${message}`;
    entry.append(make("span", text));
    return entry;
  }

  go(line, column) {
    const before = this.text.split("\n").slice(0, line - 1);
    const place = before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
    choose(document.getElementById("tab-text"));
    this.area.focus();
    this.area.setSelectionRange(place, place + 1);
  }

  number() {
    const count = this.text.split("\n").length;
    const numbers = Array.from({ length: count }, (_, place) => place + 1).join("\n");
    show(field("gutter"), numbers);
  }
}

function choose(tab) {
  for (const other of document.querySelectorAll("[data-view]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
}

function move(tab, event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...document.querySelectorAll("[data-view]")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  choose(next);
  next.focus();
}
