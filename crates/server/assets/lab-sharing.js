// The shared order: two people ask for it, and what they may do is no token's business.

import { bearerRequest, reasonOf, send } from "request.js";
import { field, inTime, log, show, t } from "page.js";

/** While a change is awaited bob asks ten times a second, and no longer than this. */
const WATCH_EVERY_MS = 100;
const WATCH_MS_MAX = 30_000;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** One person's calls to the demo API. */
class Person {
  constructor(name, client) {
    this.name = name;
    this.client = client;
    this.root = document.querySelector(`[data-person="${name}"]`);
  }

  async ask() {
    const token = this.client.sharedToken(this.name);
    if (!token) {
      show(field("status", this.root), t("sharing.sign-in"), "idle");
      return undefined;
    }
    const answer = await send(bearerRequest("GET", this.client.setup.shared.url, token));
    this.show(answer);
    return answer;
  }

  show(answer) {
    const { status, json } = answer;
    const allowed = status === 200;
    const key = allowed ? "sharing.allowed" : "sharing.denied";
    show(field("status", this.root), t(key, { status }), allowed ? "good" : "bad");
    const refused = status === 0 ? t("no-answer") : reasonOf(answer);
    show(field("now", this.root), json?.order?.item ?? refused);
    show(field("why", this.root), json?.explanation ?? "–");
  }
}

export class Sharing {
  constructor(client) {
    this.client = client;
    this.people = ["alice", "bob"].map((name) => new Person(name, client));
  }

  ask() {
    return Promise.all(this.people.map((person) => person.ask()));
  }

  /** Waits until bob's calls answer so. */
  async watch(status) {
    const bob = this.people.at(-1);
    const since = performance.now();
    show(field("share-seen"), t("sharing.waiting"), "idle");
    while (performance.now() - since < WATCH_MS_MAX) {
      const answer = await bob.ask();
      if (!answer) return show(field("share-seen"), t("sharing.sign-in"), "warn");
      if (answer.status === status) {
        const said = t("sharing.seen", { time: inTime(performance.now() - since) });
        show(field("share-seen"), said, "good");
        log(said, { tone: "good" });
        return undefined;
      }
      await sleep(WATCH_EVERY_MS);
    }
    return undefined;
  }
}
