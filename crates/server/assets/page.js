// What every page that is a program needs: texts, fields, a log, copying.

const messages = JSON.parse(document.getElementById("messages").textContent);
const lang = document.documentElement.lang;
const LOG_ENTRIES_MAX = 200;
const TOAST_MS = 2500;

/** A message with its places filled. */
export function t(key, values = {}) {
  const text = messages[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

const clock = new Intl.DateTimeFormat(lang, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});
const figure = (digits) =>
  new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const atClock = (date) => clock.format(date);
export const inBytes = (count) => t("bytes", { count: figure(0).format(count) });

/** A duration, with the digits that mean something. */
export function inTime(ms) {
  if (ms < 1) return t("micros", { count: figure(ms < 0.001 ? 1 : 0).format(ms * 1000) });
  if (ms < 10) return t("millis", { count: figure(1).format(ms) });
  if (ms < 1000) return t("millis", { count: figure(0).format(ms) });
  return t("seconds", { count: figure(ms < 10_000 ? 1 : 0).format(ms / 1000) });
}

/** The element that shows `name`, on the page or inside `root`. */
export function field(name, root = document) {
  return root.querySelector(`[data-field="${name}"]`);
}

/** Shows text in a field; `tone` is one of idle, good, warn, bad. */
export function show(element, text, tone) {
  if (element.textContent !== text) element.textContent = text;
  if (tone) element.dataset.tone = tone;
}

/** A new element with text. */
export function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Writes one line into the log, newest first; `curl` is a function that makes the command. */
export function log(text, { tone = "idle", lane, curl } = {}) {
  const list = field("log");
  const now = new Date();
  const entry = make("li", undefined, { "data-tone": tone });
  const time = make("time", atClock(now), { datetime: now.toISOString() });
  entry.append(time, make("span", lane ? `${lane}: ${text}` : text));
  if (curl) {
    const button = make("button", t("curl"), { type: "button", class: "curl" });
    button.addEventListener("click", () => copy(curl()));
    entry.append(button);
  }
  list.prepend(entry);
  while (list.children.length > LOG_ENTRIES_MAX) list.lastElementChild.remove();
}

let toastTimer;
export function toast(text) {
  const element = field("toast");
  element.textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (element.textContent = ""), TOAST_MS);
}

/** Copies text, or shows it for copying by hand where the browser does not let us. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"));
  } catch {
    const dialog = field("copy-dialog");
    const area = dialog.querySelector("textarea");
    area.value = text;
    dialog.showModal();
    area.select();
  }
}

/** Which part of the page shows. */
export function setState(state) {
  document.querySelector("main > [data-state]").dataset.state = state;
}

/** Says what stands in the way of everything, or that nothing does. */
export function trouble(text) {
  const element = field("trouble");
  element.hidden = !text;
  element.textContent = text ?? "";
}
