// A model with its relationships and tests as one file, in the form that `fga model test` and
// `counterfoil perm test` read: YAML, whose entries are written as JSON.

import { t } from "page.js";

/** The file's text. */
export function write({ name, text, tuples, tests }) {
  const lines = [`name: ${JSON.stringify(name)}`, "model: |"];
  lines.push(...text.replace(/\s+$/, "").split("\n").map((line) => (line ? `  ${line}` : "")));
  lines.push("tuples:", ...tuples.map((key) => `  - ${JSON.stringify(key)}`));
  if (!tuples.length) lines[lines.length - 1] = "tuples: []";
  if (tests.length) {
    lines.push("tests:", `  - name: ${JSON.stringify(name)}`, "    check:");
    for (const { tuple_key, expectation } of tests) {
      const { user, relation, object } = tuple_key;
      const check = { user, object, assertions: { [relation]: expectation } };
      lines.push(`      - ${JSON.stringify(check)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** What a file of this page holds. */
export function read(file) {
  const lines = file.replaceAll("\r\n", "\n").split("\n");
  const start = lines.indexOf("model: |");
  if (start < 0) throw new Error(t("not-a-file"));
  let end = start + 1;
  while (end < lines.length && (lines[end] === "" || lines[end].startsWith("  "))) end += 1;
  const text = `${lines.slice(start + 1, end).map((line) => line.slice(2)).join("\n").trimEnd()}\n`;
  try {
    const entries = lines.slice(end)
      .map((line) => line.match(/^( {2}| {6})- (\{.*\})$/))
      .filter(Boolean)
      .map(([, indent, json]) => [indent.length, JSON.parse(json)]);
    const name = lines.find((line) => line.startsWith("name: "));
    return {
      name: name ? JSON.parse(name.slice("name: ".length)) : "",
      text,
      tuples: entries.filter(([indent]) => indent === 2).map(([, key]) => key),
      tests: entries.filter(([indent]) => indent === 6).flatMap(([, check]) => testsOf(check)),
    };
  } catch {
    throw new Error(t("not-a-file"));
  }
}

function testsOf({ user, object, assertions }) {
  return Object.entries(assertions).map(([relation, expectation]) => ({
    tuple_key: { user, relation, object },
    expectation,
  }));
}
