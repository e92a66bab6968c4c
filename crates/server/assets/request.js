// Requests as data: the same value is sent by fetch and shown as a curl command.

/** A form post. */
export function formRequest(url, fields, headers = {}) {
  const body = new URLSearchParams(fields.filter(([, value]) => value !== undefined)).toString();
  return {
    method: "POST",
    url,
    headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
    body,
  };
}

/** A request with a bearer token, and a JSON body if there is one. */
export function bearerRequest(method, url, token, json, type = "application/json") {
  const headers = { Authorization: `Bearer ${token}` };
  if (json === undefined) return { method, url, headers };
  return { method, url, headers: { ...headers, "Content-Type": type }, body: JSON.stringify(json) };
}

/** The value of an `Authorization` header for a confidential client (RFC 6749 §2.3.1). */
export function basic(id, secret) {
  const part = (text) => encodeURIComponent(text).replace(/%20/g, "+");
  return `Basic ${btoa(`${part(id)}:${part(secret)}`)}`;
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The request as a command for a shell. */
export function curlOf(request) {
  const parts = ["curl -i"];
  if (request.method !== "GET" && !(request.method === "POST" && request.body !== undefined)) {
    parts.push(`-X ${request.method}`);
  }
  parts.push(quote(request.url));
  for (const [name, value] of Object.entries(request.headers)) {
    parts.push(`-H ${quote(`${name}: ${value}`)}`);
  }
  if (request.body !== undefined) parts.push(`--data-raw ${quote(request.body)}`);
  return parts.join(" \\\n  ");
}

/** Sends the request; a failure to reach anybody is an answer too, with status 0. */
export async function send(request) {
  const { method, url, headers, body } = request;
  const sent = performance.now();
  try {
    const options = { method, headers, body, cache: "no-store", credentials: "omit" };
    const response = await fetch(url, options);
    const text = await response.text();
    const took = performance.now() - sent;
    return { status: response.status, headers: response.headers, json: parse(text), sent, took };
  } catch {
    const took = performance.now() - sent;
    return { status: 0, headers: new Headers(), json: undefined, sent, took };
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an error answer says, by problem+json or by the OAuth error fields. */
export function reasonOf(answer) {
  const { json, headers, status } = answer;
  if (json?.error) return [json.error, json.error_description].filter(Boolean).join(": ");
  if (json?.detail || json?.title) return [json.title, json.detail].filter(Boolean).join(": ");
  return headers.get("WWW-Authenticate")?.match(/error="([^"]+)"/)?.[1] ?? String(status);
}
