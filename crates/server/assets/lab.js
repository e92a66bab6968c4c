// The lab: signs alice in, asks six APIs the same question, and shows how each learns of a change.

import { Client } from "lab-client.js";
import { curlOf, reasonOf, send } from "request.js";
import { Lane } from "lab-lane.js";
import { Sharing } from "lab-sharing.js";
import { atClock, copy, field, inTime, log, setState, show, t, trouble } from "page.js";
import { flat, payloadOf } from "lab-token.js";

const FIRST_MEASURE = 10;
const MEASURE = 50;
const LIVE_EVERY_MS = 1000;
const TROUBLE_MS = 8000;
const NARROW = matchMedia("(width < 48rem)");

let client;
let lanes = [];
let sharing;
let live = true;
let measuring = false;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const email = () => document.getElementById("email");
const holds = (json, text) => flat(json).some(([, value]) => value === text);
const label = (action) => document.querySelector(`[data-action="${action}"]`).textContent;
const answers = (answer) => answer.status === 200;
const open = (answer) => answer.status !== 503 && answer.status !== 0;
const refused = (answer) => answer.status === 401 || answer.status === 403;

/** What each button does after its request has been made: what the lanes then wait for. */
const actions = {
  "sign-in": () => client.signIn(),
  "resume-first": async () => {
    await perform("resume");
    await showUser();
  },
  "change-email": async () => {
    const wanted = email().value;
    const sees = (answer) => answers(answer) && holds(answer.json?.caller, wanted);
    await changing("change-email", sees);
  },
  suspend: () => changing("suspend", refused),
  resume: async () => {
    await perform("resume");
    for (const lane of lanes) lane.unconcerned(t("seen.resume"));
    await Promise.all(lanes.map((lane) => lane.ask()));
    await showUser();
  },
  revoke: () =>
    Promise.all(lanes.map(async (lane) => {
      lane.watch(refused);
      await reported(client.revocation(lane.setup), label("revoke"), lane.name);
      lane.ask();
    })),
  refresh: async () => {
    await renew();
    for (const lane of lanes) lane.unconcerned(t("seen.refresh"));
    await Promise.all(lanes.map((lane) => lane.ask()));
  },
  "rotate-keys": async () => {
    const since = performance.now();
    await perform("rotate-keys");
    await renew();
    for (const lane of lanes) lane.watch(answers, { since, seen: "seen.new-key" });
  },
  "feed-stop": () => feed("feed-stop", (answer) => answer.status === 503, "seen.closed"),
  "feed-start": () => feed("feed-start", open, "seen.back"),
  share: () => shared("share", true, 200),
  unshare: () => shared("unshare", false, 403),
  "sign-in-bob": () => client.signIn("bob"),
  measure: async () => {
    await measure(MEASURE);
    log(t("log.measured", { count: MEASURE }));
  },
  live: async (button) => {
    live = !live;
    button.setAttribute("aria-pressed", String(live));
  },
};

/** Asks one lane after the other, so that they do not slow each other. */
async function measure(count) {
  measuring = true;
  try {
    for (const lane of lanes) {
      // The first question may carry the browser's preflight, which is not the lane's.
      await lane.ask();
      lane.forgetSamples();
      await lane.measure(count);
    }
  } finally {
    measuring = false;
  }
}

/** Makes a change that every lane should come to see. */
async function changing(action, sees) {
  for (const lane of lanes) lane.watch(sees);
  await perform(action);
  for (const lane of lanes) lane.ask();
  await showUser();
}

/** Gives bob the order or takes it from him, and waits until his calls see it. */
async function shared(action, give, status) {
  await reported(client.sharing(give), label(action));
  await sharing.watch(status);
  await sharing.ask();
}

async function feed(action, sees, seen) {
  const since = performance.now();
  await perform(action);
  for (const lane of lanes) {
    if (lane.onFeed) lane.watch(sees, { since, seen });
    else lane.unconcerned(t("seen.no-feed"));
  }
}

/** Draws a new token for every lane, one after the other because the refresh token rotates. */
async function renew() {
  for (const lane of lanes) {
    await client.refresh(lane.setup);
    lane.showToken();
  }
}

async function perform(action) {
  const request = await client.request(action, email().value);
  const answer = await reported(request, label(action));
  showReceipt(answer, label(action));
  return answer;
}

async function reported(request, text, lane) {
  const answer = await send(request);
  const ok = answer.status >= 200 && answer.status < 300;
  const took = inTime(answer.took);
  const reason = ok ? "" : reasonOf(answer);
  const line = ok ? t("log.done", { text, took }) : t("log.failed", { text, reason });
  log(line, { tone: ok ? "good" : "bad", lane, curl: () => curlOf(request) });
  if (!ok) throw new Error(line);
  return answer;
}

/** Shows the receipt in an answer: signed, or already as its claims. */
function showReceipt(answer, change) {
  const receipt = findReceipt(answer.json);
  if (!receipt) return;
  field("receipt").dataset.tone = "good";
  const count = (value) => (Array.isArray(value) ? value.length : (value ?? 0));
  show(field("receipt-change"), change.trim());
  show(field("receipt-seq"), String(receipt.seq ?? receipt.at?.seq ?? "–"));
  show(field("receipt-effective-at"), clockOf(receipt.effective_at));
  show(field("receipt-acknowledged"), String(count(receipt.acknowledged)));
  show(field("receipt-lapsed"), String(count(receipt.lapsed)));
  show(field("receipt-took"), inTime(answer.took));
}

function findReceipt(json) {
  const receipt = json?.receipt ?? json;
  if (typeof receipt === "string") return payloadOf(receipt);
  if (typeof receipt?.jws === "string") return payloadOf(receipt.jws) ?? receipt;
  return receipt?.effective_at === undefined ? undefined : receipt;
}

function clockOf(value) {
  const number = typeof value === "number" ? value : Number.NaN;
  const ms = Number.isNaN(number) ? Date.parse(value) : number * (number < 1e11 ? 1000 : 1);
  return Number.isNaN(ms) ? "–" : atClock(new Date(ms));
}

/** Says how many of the lanes that are asked about the last change know it. */
function showSeenBy() {
  const asked = lanes.filter((lane) => lane.knows !== undefined);
  const count = asked.filter((lane) => lane.knows).length;
  show(field("seen-by"), asked.length ? t("seen-by", { count, total: asked.length }) : "–");
}

/** Shows alice as the issuer has her, and a next address to change hers to. */
async function showUser() {
  const user = await client.user();
  const claims = user?.claims ?? {};
  const suspended = user?.suspended === true || (user?.status ?? user?.state) === "suspended";
  const name = user?.username ?? "alice";
  show(field("user"), claims.email ? `${name} · ${claims.email}` : name);
  const status = suspended ? t("user.suspended") : t("user.active");
  show(field("user-status"), status, suspended ? "bad" : "good");
  document.querySelector('[data-action="resume-first"]').hidden = !suspended;
  if (document.activeElement !== email()) email().value = nextAddress(claims.email);
}

function nextAddress(now = "alice@example.com") {
  const [local, domain] = now.split("@");
  const [name, number] = local.split("+");
  return `${name}+${(Number.parseInt(number, 10) || 0) + 1}@${domain ?? "example.com"}`;
}

/** Says what went wrong, for a while at the top and for good in the log. */
function report(error) {
  log(error.message, { tone: "bad" });
  trouble(error.message);
  setTimeout(() => trouble(), TROUBLE_MS);
}

/** Runs a button's action once at a time. */
async function run(button) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await actions[button.dataset.action](button);
  } catch (error) {
    report(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function commandOf(name) {
  if (name.startsWith("lane:")) return lanes.find((lane) => `lane:${lane.name}` === name).curl();
  const each = (request) => lanes.map((lane) => curlOf(request(lane.setup))).join("\n");
  if (name === "share" || name === "unshare") return curlOf(client.sharing(name === "share"));
  if (name === "revoke") return each((lane) => client.revocation(lane));
  if (name === "refresh") return each((lane) => client.renewal(lane));
  return curlOf(await client.request(name, email().value));
}

function wire() {
  for (const button of document.querySelectorAll("button[data-action]")) {
    if (button.type === "submit") continue;
    button.addEventListener("click", () => run(button));
  }
  document.getElementById("email-form").addEventListener("submit", (event) => {
    event.preventDefault();
    run(event.target.querySelector("[data-action]"));
  });
  for (const button of document.querySelectorAll("button[data-curl]")) {
    button.addEventListener("click", async () => copy(await commandOf(button.dataset.curl)));
  }
  for (const button of document.querySelectorAll("button[data-copy-token]")) {
    const held = () => client.token(button.dataset.copyToken)?.token ?? "";
    button.addEventListener("click", () => copy(held()));
  }
  for (const button of document.querySelectorAll("button[data-toggle]")) {
    const lane = button.closest(".lane");
    button.addEventListener("click", () => openLane(lane, lane.dataset.open !== "true"));
  }
  NARROW.addEventListener("change", foldLanes);
  foldLanes();
}

function openLane(lane, open) {
  lane.dataset.open = String(open);
  lane.querySelector("[data-toggle]").setAttribute("aria-expanded", String(open));
}

/** On a narrow screen only the first of our lanes begins open; a wide one shows everything. */
function foldLanes() {
  for (const lane of document.querySelectorAll("[data-lane]")) {
    openLane(lane, !NARROW.matches || lane.dataset.lane === "fresh");
  }
}

async function keepAsking() {
  for (;;) {
    await sleep(LIVE_EVERY_MS);
    if (!live || measuring || document.hidden) continue;
    await Promise.all([...lanes.map((lane) => lane.ask()), sharing.ask()]);
  }
}

async function start() {
  wire();
  const setup = (await send({ method: "GET", url: "/dev/setup.json", headers: {} })).json;
  if (!setup) throw new Error(t("no-setup"));
  client = new Client(setup);
  sharing = new Sharing(client);
  const total = setup.lanes.length + 1;
  const progress = (count) => show(field("boarding"), t("sign-in.progress", { count, total }));
  setState(client.signedIn ? "ready" : "signed-out");
  await client.finishSignIn(progress);
  await showUser().catch(report);
  if (!client.signedIn) return;
  for (const lane of setup.lanes) {
    const root = document.querySelector(`[data-lane="${CSS.escape(lane.name)}"]`);
    if (root && client.token(lane.name)) {
      lanes.push(new Lane(lane, client, root, showSeenBy));
    }
  }
  setState("ready");
  showSeenBy();
  for (const lane of lanes) await lane.showToken();
  await sharing.ask();
  await measure(FIRST_MEASURE);
  if (lanes.every((lane) => lane.status === 401)) {
    client.forget();
    setState("signed-out");
    show(field("boarding"), t("sign-in.stale"));
    return;
  }
  log(t("log.ready"));
  keepAsking();
}

start().catch((error) => {
  setState(client?.signedIn ? "ready" : "signed-out");
  trouble(error.message);
  log(error.message, { tone: "bad" });
});
