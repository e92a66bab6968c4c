// The permissions page: a model, its relationships, and questions that turn live.

import { field, make, setState, show, t, toast, trouble } from "page.js";
import { Api } from "perm-api.js";
import * as file from "perm-file.js";
import { Editor } from "perm-model.js";
import { Tests, Watches, said } from "perm-questions.js";
import { namesOf } from "perm-shape.js";
import { Tuples, conditionOf, suggest } from "perm-tuples.js";
import { treeOf } from "perm-why.js";

const RETRY_MS = 1000;
const TROUBLE_MS = 8000;
const CHOSEN = "counterfoil.permissions.store";

const api = new Api();
const editor = new Editor(api, (model) => suggest("relations", namesOf(model).relations));
const watches = new Watches(ask, explain);
const tests = new Tests(ask, explain);
const tuples = new Tuples((key) => act(() => remove(key)));
const pick = (id) => document.getElementById(id);

let store;
let models = [];
let following;

/** Answers of the chosen version, or of no version if there is none yet. */
async function ask(questions) {
  if (!questions.length || !models.length) return [];
  return store.check(questions, pick("version").value);
}

async function explain(question) {
  await act(async () => {
    const found = await store.explain(question, pick("version").value);
    show(field("why-question"), said(question));
    field("why").replaceChildren(treeOf(found.text));
    field("why").scrollIntoView({ block: "nearest" });
  });
}

async function remove({ user, relation, object }) {
  await store.write([], [{ user, relation, object }]);
  await renew();
}

/** Asks everything again after a change. */
async function renew() {
  await Promise.all([watches.run(), tuples.open(store)]);
}

const actions = {
  save: async () => {
    const model = await editor.read();
    if (!model) return;
    const id = await store.saveModel(model);
    await loadModels(id);
    toast(t("saved", { id }));
    await watches.run();
  },
  revert: () => editor.put(editor.saved),
  more: () => tuples.more(),
  "run-tests": () => tests.run(),
  "save-tests": async () => {
    const version = pick("version").value;
    if (!version) throw new Error(t("keep"));
    await store.saveAssertions(version, tests.assertions());
    toast(t("tests.saved"));
  },
  download: async () => {
    const name = pick("store").selectedOptions[0]?.textContent ?? "";
    const all = await store.allTuples();
    const text = file.write({ name, text: editor.text, tuples: all, tests: tests.assertions() });
    const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
    make("a", "", { href: url, download: `${name.replace(/[^\w-]+/g, "-") || "store"}.fga.yaml` }).click();
    URL.revokeObjectURL(url);
  },
};

/** Takes a file over: its model becomes a new version, its relationships join those there are. */
async function take(text) {
  const found = file.read(text);
  await editor.put(found.text);
  const model = await editor.read();
  if (!model) return;
  await loadModels(await store.saveModel(model));
  await store.writeAll(found.tuples);
  tests.open(found.tests);
  await renew();
  const { name } = found;
  toast(t("loaded", { name, tuples: found.tuples.length, tests: found.tests.length }));
}

const forms = {
  "key-form": async () => {
    api.useKey(pick("key").value.trim());
    await start();
  },
  "store-form": async () => {
    const created = await api.createStore(pick("store-name").value);
    pick("store-name").value = "";
    await loadStores(created.id);
  },
  "watch-form": async () => watches.add(question("watch")),
  "tuple-form": async () => {
    const condition = conditionOf(pick("tuple-condition").value);
    await store.write([{ ...question("tuple"), condition }]);
    pick("tuple-condition").value = "";
    await renew();
  },
  "test-form": async () => tests.add(question("test"), pick("test-expected").value === "true"),
};

function question(form) {
  const value = (name) => pick(`${form}-${name}`).value.trim();
  return { user: value("user"), relation: value("relation"), object: value("object") };
}

async function loadStores(wanted) {
  const stores = await api.stores();
  choices("store", stores.map(({ id, name }) => [id, name]), wanted);
  if (stores.length) await openStore();
}

async function openStore() {
  const id = pick("store").value;
  localStorage.setItem(CHOSEN, id);
  store = api.store(id);
  watches.open(id);
  await loadModels();
  await renew();
  follow();
}

async function loadModels(wanted) {
  models = await store.models();
  choices("version", models.map(({ id }, place) => [id, `${models.length - place} · ${id}`]), wanted);
  await openModel();
}

async function openModel() {
  const chosen = models.find(({ id }) => id === pick("version").value);
  if (!chosen) {
    await editor.load("");
    return;
  }
  await editor.load((await api.print(chosen)).text);
  tests.open(await store.assertions(chosen.id));
}

function choices(id, list, wanted) {
  const options = list.map(([value, text]) => make("option", text, { value }));
  pick(id).replaceChildren(...options);
  if (list.some(([value]) => value === wanted)) pick(id).value = wanted;
}

/** Follows the store's changes for as long as it is the chosen one. */
async function follow() {
  following?.abort();
  following = new AbortController();
  const { signal } = following;
  const followed = store;
  while (!signal.aborted) {
    try {
      await followed.watch((event) => heard(event), signal);
    } catch {
      // Said below, and tried again.
    }
    if (signal.aborted) return;
    show(field("live"), t("live.lost"), "warn");
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }
}

let renewing = false;
async function heard(event) {
  const data = JSON.parse(event.data || "{}");
  const revision = data.revision ?? event.id;
  if (revision !== undefined) show(field("live"), t("live", { revision }), "good");
  if (event.name === "heartbeat" || renewing) return;
  renewing = true;
  await act(renew);
  renewing = false;
}

/** Does something, and says what went wrong. */
async function act(work) {
  try {
    await work();
  } catch (error) {
    if (error.status === 401) {
      setState("locked");
      if (!api.key) return;
    }
    trouble(error.status === 401 ? t("expired-key") : error.message);
    setTimeout(() => trouble(), TROUBLE_MS);
  }
}

function wire() {
  for (const button of document.querySelectorAll("[data-action]")) {
    button.addEventListener("click", async () => {
      button.setAttribute("aria-busy", "true");
      await act(() => actions[button.dataset.action]());
      button.removeAttribute("aria-busy");
    });
  }
  for (const [id, submit] of Object.entries(forms)) {
    pick(id).addEventListener("submit", (event) => {
      event.preventDefault();
      act(submit);
    });
  }
  pick("store").addEventListener("change", () => act(openStore));
  pick("version").addEventListener("change", () => act(async () => {
    await openModel();
    await watches.run();
  }));
  pick("file").addEventListener("change", (event) => act(async () => {
    const [chosen] = event.target.files;
    if (chosen) await take(await chosen.text());
    event.target.value = "";
  }));
}

async function start() {
  await loadStores(localStorage.getItem(CHOSEN) ?? undefined);
  setState("ready");
}

wire();
act(start);
