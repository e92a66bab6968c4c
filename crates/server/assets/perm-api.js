// The permission API as this page uses it.

import { reasonOf, send } from "request.js";
import { t } from "page.js";

const KEY = "counterfoil.permissions.key";
const PAGE = 100;
const BATCH = 50;

/** A refusal by the server; `status` is the HTTP status, 0 where nobody answered. */
export class Refusal extends Error {
  constructor(answer) {
    const { json, status } = answer;
    const said = json?.message ? [json.code, json.message].filter(Boolean).join(": ") : reasonOf(answer);
    super(status === 0 ? t("no-answer") : said);
    this.status = status;
  }
}

export class Api {
  constructor() {
    this.key = sessionStorage.getItem(KEY) ?? undefined;
  }

  useKey(key) {
    this.key = key;
    sessionStorage.setItem(KEY, key);
  }

  headers() {
    return this.key ? { Authorization: `Bearer ${this.key}` } : {};
  }

  async call(method, url, json) {
    const headers = this.headers();
    if (json !== undefined) headers["Content-Type"] = "application/json";
    const body = json === undefined ? undefined : JSON.stringify(json);
    const answer = await send({ method, url, headers, body });
    if (answer.status < 200 || answer.status > 299) throw new Refusal(answer);
    return answer.json ?? {};
  }

  /** All pages of a list. */
  async all(url, name) {
    const found = [];
    let token = "";
    do {
      const next = token ? `&continuation_token=${encodeURIComponent(token)}` : "";
      const page = await this.call("GET", `${url}?page_size=${PAGE}${next}`);
      found.push(...(page[name] ?? []));
      token = page.continuation_token ?? "";
    } while (token);
    return found;
  }

  stores() {
    return this.all("/stores", "stores");
  }

  createStore(name) {
    return this.call("POST", "/stores", { name });
  }

  /** What is wrong with a model's text, and the model as JSON if it can be read. */
  read(text) {
    return this.call("POST", "/permissions/model", { text });
  }

  /** A model's text. */
  print(model) {
    return this.call("POST", "/permissions/model", { model });
  }

  store(id) {
    return new Store(this, `/stores/${id}`);
  }
}

class Store {
  constructor(api, url) {
    this.api = api;
    this.url = url;
  }

  models() {
    return this.api.all(`${this.url}/authorization-models`, "authorization_models");
  }

  async saveModel(model) {
    const { schema_version, type_definitions, conditions } = model;
    const body = { schema_version, type_definitions, conditions };
    return (await this.api.call("POST", `${this.url}/authorization-models`, body)).authorization_model_id;
  }

  tuples(continuation_token) {
    return this.api.call("POST", `${this.url}/read`, { page_size: PAGE, continuation_token });
  }

  async allTuples() {
    const found = [];
    let token;
    do {
      const page = await this.tuples(token);
      found.push(...page.tuples.map((tuple) => tuple.key));
      token = page.continuation_token;
    } while (token);
    return found;
  }

  write(writes, deletes = []) {
    const keys = (list) => (list.length ? { tuple_keys: list } : undefined);
    return this.api.call("POST", `${this.url}/write`, { writes: keys(writes), deletes: keys(deletes) });
  }

  async writeAll(tuples) {
    for (let from = 0; from < tuples.length; from += PAGE) {
      const writes = { tuple_keys: tuples.slice(from, from + PAGE), on_duplicate: "ignore" };
      await this.api.call("POST", `${this.url}/write`, { writes });
    }
  }

  /** The answers to questions, in their order: `{allowed}` or `{error}`. */
  async check(questions, authorization_model_id) {
    const answers = [];
    for (let from = 0; from < questions.length; from += BATCH) {
      const checks = questions
        .slice(from, from + BATCH)
        .map((tuple_key, place) => ({ tuple_key, correlation_id: String(from + place) }));
      const body = { checks, authorization_model_id, consistency: "HIGHER_CONSISTENCY" };
      const { result } = await this.api.call("POST", `${this.url}/batch-check`, body);
      for (const { correlation_id } of checks) {
        const { allowed = false, error } = result[correlation_id] ?? {};
        answers.push(error ? { error: error.message } : { allowed });
      }
    }
    return answers;
  }

  explain(tuple_key, authorization_model_id) {
    return this.api.call("POST", `${this.url}/explain`, { tuple_key, authorization_model_id });
  }

  async assertions(model) {
    return (await this.api.call("GET", `${this.url}/assertions/${model}`)).assertions ?? [];
  }

  saveAssertions(model, assertions) {
    return this.api.call("PUT", `${this.url}/assertions/${model}`, { assertions });
  }

  /**
   * Calls `heard` with each event of the store's change stream, from now on, until `signal`
   * aborts or the stream ends. An `EventSource` could not send the key.
   */
  async watch(heard, signal) {
    const options = { headers: this.api.headers(), signal, cache: "no-store" };
    const response = await fetch(`${this.url}/watch`, options);
    if (!response.ok) throw new Error(String(response.status));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
      const events = text.split("\n\n");
      text = events.pop();
      for (const event of events) heard(eventOf(event));
    }
  }
}

function eventOf(text) {
  const event = { name: "message", id: undefined, data: "" };
  for (const line of text.split("\n")) {
    const [, field, value] = line.match(/^(\w+): ?(.*)$/) ?? [];
    if (field === "event") event.name = value;
    if (field === "id") event.id = value;
    if (field === "data") event.data += value;
  }
  return event;
}
