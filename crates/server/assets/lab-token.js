// What a token says to whoever holds it. Everything here reads bytes and trusts nothing.

/** Claims that tell something about a person; the others are ids, times and permissions. */
const PERSONAL = new Set(
  ("address birthdate email family_name gender given_name groups locale middle_name name " +
    "nickname phone_number picture preferred_username profile roles website zoneinfo").split(" "),
);

/** base64url without padding, of bytes. */
export function base64url(bytes) {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function jsonPart(part) {
  try {
    const text = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return json !== null && typeof json === "object" ? json : undefined;
  } catch {
    return undefined;
  }
}

/** The form of a token and what can be read of it without a key. */
export function read(token) {
  const parts = token.split(".");
  const header = jsonPart(parts[0]);
  if (parts.length === 3 && header) return { form: "jwt", header, payload: jsonPart(parts[1]) };
  if (parts.length === 5 && header) return { form: "jwe", header };
  return { form: "opaque" };
}

/** The payload of a signed receipt, or of any compact JWS. */
export function payloadOf(jws) {
  return typeof jws === "string" ? jsonPart(jws.split(".")[1] ?? "") : undefined;
}

/** The personal claims in a set of claims, as pairs, nested objects included. */
export function personal(claims) {
  return flat(claims ?? {}).filter(([path]) => isPersonalPath(path));
}

/** All claims as pairs, the personal ones first. */
export function personalFirst(claims) {
  const others = flat(claims ?? {}).filter(([path]) => !isPersonalPath(path));
  return [...personal(claims), ...others];
}

const isPersonalPath = (path) => path.split(".").some((name) => isPersonal(name));

function isPersonal(name) {
  return PERSONAL.has(name) || PERSONAL.has(name.split("/").at(-1));
}

const DEPTH_MAX = 4;

/** An object's leaves as `[path, text]`; arrays of plain values are one leaf. */
export function flat(value, path = "", depth = 0) {
  if (value === null || value === undefined) return [];
  const leaf = typeof value !== "object" || depth >= DEPTH_MAX;
  if (leaf) return [[path, typeof value === "object" ? JSON.stringify(value) : String(value)]];
  if (Array.isArray(value)) return value.length ? [[path, value.map(plain).join(" ")]] : [];
  return Object.entries(value).flatMap(([key, inner]) =>
    flat(inner, path ? `${path}.${key}` : key, depth + 1),
  );
}

const plain = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
