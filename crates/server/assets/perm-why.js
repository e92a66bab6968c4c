// An explanation as a tree. Its text has one reason on a line, further in than the one it explains.

import { make } from "page.js";

const INDENT = 2;

/** The tree of an explanation's text. */
export function treeOf(text) {
  const root = make("ul", undefined, { class: "reasons" });
  const lists = [root];
  const lines = text.split("\n").filter((line) => line.trim());
  for (const [place, line] of lines.entries()) {
    const depth = depthOf(line);
    const item = make("li");
    const below = lines[place + 1] !== undefined && depthOf(lines[place + 1]) > depth;
    lists[Math.min(depth, lists.length - 1)].append(item);
    lists.length = Math.min(depth, lists.length - 1) + 1;
    if (below) {
      const details = make("details", undefined, { open: "" });
      const list = make("ul");
      const summary = make("summary");
      summary.append(reason(line));
      details.append(summary, list);
      item.append(details);
      lists.push(list);
    } else {
      item.append(reason(line));
    }
  }
  return root;
}

const depthOf = (line) => (line.length - line.trimStart().length) / INDENT;

/** One reason, toned by its verdict. */
function reason(line) {
  const [, verdict] = line.match(/^\s*(allow|deny)\b/) ?? [];
  const tone = { allow: "good", deny: "bad" }[verdict] ?? "warn";
  return make("span", line.trim(), { "data-tone": tone, class: "mono" });
}
