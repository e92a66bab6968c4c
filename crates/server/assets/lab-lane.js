// One lane: an API, the token for it, and what its answers say.

import { bearerRequest, curlOf, reasonOf, send } from "request.js";
import { atClock, field, inBytes, inTime, log, make, show, t } from "page.js";
import { flat, personal, personalFirst, read } from "lab-token.js";

/** Percentiles are over this many answers at most. */
const SAMPLES_MAX = 200;
/** A lane that waits for a change asks five times a second… */
const WATCH_EVERY_MS = 200;
/** …then once a second… */
const WATCH_SLOW_AFTER_MS = 30_000;
const WATCH_SLOW_EVERY_MS = 1000;
/** …and gives up after this. */
const WATCH_MS_MAX = 120_000;
/** From here on a lane that does not know is shown as late. */
const LATE_MS = 1000;
const CLAIMS_SHOWN_MAX = 8;
const ORDER = 1;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

export class Lane {
  /** Whether this lane knows the last change; undefined when it is not asked to. */
  knows;

  #client;
  #root;
  #samples = [];
  #watch = null;
  #asking = Promise.resolve();
  #lastStatus;

  /** `onSeen` is called when the lane has come to know a change, or has not yet. */
  constructor(setup, client, root, onSeen) {
    this.name = setup.name;
    this.onSeen = onSeen;
    this.setup = setup;
    this.#client = client;
    this.#root = root;
  }

  /** Whether a guard with a feed stands before this lane's API. */
  get onFeed() {
    return this.name.startsWith("fresh");
  }

  get held() {
    return this.#client.token(this.name);
  }

  get status() {
    return this.#lastStatus;
  }

  request() {
    const url = `${this.setup.resource.replace(/\/$/, "")}/orders/${ORDER}`;
    return bearerRequest("GET", url, this.held?.token ?? "");
  }

  curl() {
    return curlOf(this.request());
  }

  /** Asks once; questions of one lane never overlap, so that they do not slow each other. */
  ask() {
    const answer = this.#asking.then(() => send(this.request()));
    this.#asking = answer.then((got) => this.#take(got));
    return this.#asking.then(() => answer);
  }

  async measure(count) {
    for (let asked = 0; asked < count; asked += 1) {
      const answer = await this.ask();
      if (answer.status !== 200) return;
    }
  }

  forgetSamples() {
    this.#samples = [];
  }

  #take(answer) {
    if (answer.status === 200) {
      this.#samples.push({ took: answer.took, verify: answer.json?.verify_micros });
      if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
    }
    this.#showAnswer(answer);
    this.#showFigures(answer);
    if (this.#lastStatus !== undefined && this.#lastStatus !== answer.status) {
      const values = { before: this.#lastStatus, after: answer.status };
      log(t("log.status", values), { tone: toneOf(answer.status), lane: this.name });
    }
    this.#lastStatus = answer.status;
    this.#judge(answer);
  }

  #show(name, text, tone) {
    show(field(name, this.#root), text, tone);
  }

  #showAnswer(answer) {
    const { status, json, headers } = answer;
    const key = { 0: "status.0", 200: "status.200", 401: "status.401", 403: "status.403" }[status];
    const fallback = status === 503 ? "status.503" : "status.other";
    this.#show("status", t(key ?? fallback, { status }), toneOf(status));
    if (status === 200) {
      const email = flat(json?.caller).find(([path]) => path.split(".").at(-1) === "email");
      this.#show("now", email?.[1] ?? t("no-email"));
      this.#showLearned(json);
      return;
    }
    const wait = headers.get("Retry-After");
    const reason = status === 0 ? t("no-answer") : reasonOf(answer);
    this.#show("now", wait ? t("retry-after", { reason, wait }) : reason);
  }

  #showLearned(json) {
    const list = field("learned", this.#root);
    const rows = personalFirst(json?.caller).slice(0, CLAIMS_SHOWN_MAX);
    const text = JSON.stringify(rows);
    if (list.dataset.shown === text) return;
    list.dataset.shown = text;
    list.replaceChildren(...rows.map(([path, value]) => {
      const row = make("div");
      row.append(make("dt", path.replace(/^claims\./, "")), make("dd", value));
      return row;
    }));
    if (json?.learned_by) this.#show("learned-by", t("learned-by", { how: json.learned_by }));
  }

  #showFigures(answer) {
    if (answer.json?.issuer_calls !== undefined) {
      const calls = Number(answer.json.issuer_calls);
      this.#show("issuer-calls", String(calls), calls > 0 ? "warn" : "good");
    }
    const known = (pick) => this.#samples.map(pick).filter((n) => n !== undefined);
    const of = (pick) => known(pick).sort((a, b) => a - b);
    this.#showPercentiles("verify", of((sample) => sample.verify), 0.001);
    this.#showPercentiles("round-trip", of((sample) => sample.took), 1);
  }

  #showPercentiles(name, sorted, scale) {
    if (!sorted.length) return;
    const p99 = inTime(percentile(sorted, 0.99) * scale);
    this.#show(name, inTime(percentile(sorted, 0.5) * scale));
    this.#show(`${name}-rest`, t("percentiles", { p99, count: sorted.length }));
  }

  /** Shows the token as its holder sees it. */
  showToken() {
    const { token, expires } = this.held;
    const { form, header, payload } = read(token);
    const until = expires ? t("until", { time: atClock(new Date(expires)).slice(0, 8) }) : "";
    const formName = { jwt: t("form.jwt"), jwe: t("form.jwe"), opaque: t("form.opaque") }[form];
    this.#show("format", [formName, until].filter(Boolean).join(" · "));
    this.#show("token", token);
    this.#show("header-bytes", inBytes(`Authorization: Bearer ${token}\r\n`.length));
    const parts = [header, form === "jwt" ? payload : t("nothing-to-decode")];
    const text = (part) => (typeof part === "string" ? part : JSON.stringify(part, null, 1));
    this.#show("decoded", parts.filter(Boolean).map(text).join("\n"));
    return this.#showThief(payload);
  }

  /** Shows what a thief would learn: by reading the token, and by asking userinfo with it. */
  async #showThief(payload) {
    const readable = personal(payload).map(([claim, value]) => [claim, [value, t("by-reading")]]);
    const known = new Map(readable);
    const userinfo = await this.#client.userinfo(this.setup);
    for (const [claim, value] of personal(userinfo)) {
      if (!known.has(claim)) known.set(claim, [value, t("by-userinfo")]);
    }
    const box = field("thief", this.#root);
    box.dataset.tone = known.size ? "bad" : "good";
    if (!known.size) {
      box.replaceChildren(make("p", t("thief-nothing")));
      return;
    }
    const list = make("ul");
    for (const [claim, [value]] of [...known].slice(0, CLAIMS_SHOWN_MAX)) {
      const item = make("li", `${value} `);
      item.append(make("small", claim));
      list.append(item);
    }
    const hows = [...new Set([...known.values()].map(([, how]) => how))];
    box.replaceChildren(list, make("p", hows.join(", ")));
  }

  /**
   * Starts to wait for a change. `sees(answer)` says whether an answer reflects it; only answers to
   * questions sent after the start count. Resolves when it is seen, given up or replaced.
   */
  async watch(sees, { since = performance.now(), seen = "seen.after" } = {}) {
    const watch = { sees, since, seen, open: true };
    this.#watch = watch;
    this.#know(false);
    this.#show("seen", t("seen.waiting"), "idle");
    while (watch.open && this.#watch === watch) {
      const started = performance.now();
      await this.ask();
      const waited = performance.now() - since;
      if (waited > WATCH_MS_MAX) this.#giveUp(watch);
      const every = waited > WATCH_SLOW_AFTER_MS ? WATCH_SLOW_EVERY_MS : WATCH_EVERY_MS;
      if (watch.open) await sleep(Math.max(0, every - (performance.now() - started)));
    }
  }

  /** Says that the change does not concern this lane. */
  unconcerned(text) {
    this.#stopWatching();
    this.#show("seen", text, "idle");
  }

  #stopWatching() {
    if (this.#watch) this.#watch.open = false;
    this.#watch = null;
    this.#know(undefined);
    delete this.#root.dataset.stale;
  }

  #know(knows) {
    this.knows = knows;
    this.onSeen();
  }

  #judge(answer) {
    const watch = this.#watch;
    if (!watch?.open || answer.sent < watch.since) return;
    const waited = performance.now() - watch.since;
    if (watch.sees(answer)) {
      watch.open = false;
      this.#know(true);
      this.#root.dataset.stale = "false";
      const time = inTime(waited);
      this.#show("seen", t(watch.seen, { time }), waited > LATE_MS ? "warn" : "good");
      field("seen", this.#root).dataset.seenMs = String(Math.round(waited));
      log(t(watch.seen, { time }), { tone: "good", lane: this.name });
    } else {
      const late = waited > LATE_MS;
      this.#root.dataset.stale = String(late);
      this.#show("seen", t("seen.old", { time: inTime(waited) }), late ? "bad" : "idle");
    }
  }

  #giveUp(watch) {
    watch.open = false;
    const expires = this.held?.expires;
    const until = expires ? atClock(new Date(expires)).slice(0, 8) : t("unknown");
    this.#show("seen", t("seen.never", { time: inTime(WATCH_MS_MAX), until }), "bad");
    log(t("seen.never", { time: inTime(WATCH_MS_MAX), until }), { tone: "bad", lane: this.name });
  }
}

function toneOf(status) {
  if (status === 200) return "good";
  return status === 503 || status === 0 ? "warn" : "bad";
}
