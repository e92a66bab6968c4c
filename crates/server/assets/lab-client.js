// The lab as a client: sign-in by code and PKCE, one access token for each lane, the admin API.

import { basic, bearerRequest, curlOf, formRequest, reasonOf, send } from "request.js";
import { log, t } from "page.js";
import { base64url } from "lab-token.js";

const CLIENT_ID = "lab";
const SCOPE = "openid profile email offline_access orders:read";
const USER = "alice";
const TOKENS_KEY = "counterfoil.lab.tokens";
const PENDING_KEY = "counterfoil.lab.pending";
/** Tokens of others than alice: for the shared order alone. */
const OTHERS_KEY = "counterfoil.lab.others";
/** An admin token is drawn anew when it has less than this left. */
const ADMIN_MARGIN_MS = 10_000;
const RANDOM_BYTES = 32;

const random = () => base64url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));

function load(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

export class Client {
  #adminToken;
  #user;

  constructor(setup) {
    this.setup = setup;
    this.issuer = setup.issuer.replace(/\/$/, "");
    const registered = setup.clients.find((client) => client.client_id === CLIENT_ID);
    this.redirectUri = registered?.redirect_uris?.[0] ?? `${this.issuer}/lab/callback`;
    this.held = load(TOKENS_KEY);
    this.others = load(OTHERS_KEY) ?? {};
  }

  /** The token with which a person asks for the shared order. */
  sharedToken(person) {
    return person === USER ? this.token(this.setup.shared.name)?.token : this.others[person];
  }

  get signedIn() {
    return Boolean(this.held?.access);
  }

  token(lane) {
    return this.held?.access?.[lane];
  }

  #keep(held) {
    this.held = held;
    if (held) sessionStorage.setItem(TOKENS_KEY, JSON.stringify(held));
    else sessionStorage.removeItem(TOKENS_KEY);
  }

  forget() {
    this.#keep(null);
  }

  /** Everything that alice's client asks tokens for. */
  get #apis() {
    return [...this.setup.lanes, this.setup.shared];
  }

  /** Sends the browser to the authorization endpoint. */
  async signIn(person = USER) {
    const pending = { state: random(), verifier: random(), person };
    sessionStorage.setItem(PENDING_KEY, JSON.stringify(pending));
    const verifier = new TextEncoder().encode(pending.verifier);
    const digest = await crypto.subtle.digest("SHA-256", verifier);
    const query = new URLSearchParams({
      response_type: "code",
      client_id: CLIENT_ID,
      redirect_uri: this.redirectUri,
      scope: SCOPE,
      state: pending.state,
      code_challenge: base64url(digest),
      code_challenge_method: "S256",
      login_hint: person,
    });
    if (person !== USER) query.set("prompt", "login");
    const apis = person === USER ? this.#apis : [this.setup.shared];
    for (const api of apis) query.append("resource", api.resource);
    location.assign(`${this.issuer}/authorize?${query}`);
  }

  /**
   * Finishes a sign-in if the page was opened by its redirect: `resource` narrows the grant to one
   * API per token (RFC 8707 §2.2), so the code buys the first lane's token and the refresh token
   * the others', one after the other because each use rotates it.
   */
  async finishSignIn(onProgress) {
    const query = new URLSearchParams(location.search);
    if (!query.has("state")) return;
    const pending = load(PENDING_KEY);
    sessionStorage.removeItem(PENDING_KEY);
    history.replaceState(null, "", "/lab");
    const ours = query.get("state") === pending?.state && query.get("iss") === this.setup.issuer;
    if (!ours) throw new Error(t("sign-in.not-ours"));
    if (query.has("error")) {
      throw new Error(query.get("error_description") ?? query.get("error"));
    }
    if (pending.person !== USER) return this.#collectOther(query.get("code"), pending);
    try {
      await this.#collect(query.get("code"), pending.verifier, onProgress);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  #redemption(code, verifier, api) {
    return this.#tokenRequest([
      ["grant_type", "authorization_code"],
      ["code", code],
      ["redirect_uri", this.redirectUri],
      ["code_verifier", verifier],
      ["resource", api.resource],
    ]);
  }

  async #collectOther(code, { verifier, person }) {
    const request = this.#redemption(code, verifier, this.setup.shared);
    const answer = await send(request);
    if (answer.status !== 200) throw new Error(reasonOf(answer));
    this.others[person] = answer.json.access_token;
    sessionStorage.setItem(OTHERS_KEY, JSON.stringify(this.others));
    log(t("log.code"), { lane: person, curl: () => curlOf(request) });
  }

  async #collect(code, verifier, onProgress) {
    const [first, ...others] = this.#apis;
    const request = this.#redemption(code, verifier, first);
    this.#keep({ access: {}, refresh: undefined });
    await this.#redeem(request, first, "log.code");
    onProgress(1);
    for (const [index, lane] of others.entries()) {
      await this.refresh(lane);
      onProgress(index + 2);
    }
  }

  /** Draws a new access token for one lane. */
  refresh(lane) {
    return this.#redeem(this.renewal(lane), lane, "log.refresh");
  }

  renewal(lane) {
    return this.#tokenRequest([
      ["grant_type", "refresh_token"],
      ["refresh_token", this.held?.refresh ?? ""],
      ["resource", lane.resource],
    ]);
  }

  #tokenRequest(fields) {
    return formRequest(`${this.issuer}/token`, [["client_id", CLIENT_ID], ...fields]);
  }

  async #redeem(request, lane, message) {
    const answer = await send(request);
    if (answer.status !== 200) throw new Error(reasonOf(answer));
    const { access_token, expires_in, refresh_token } = answer.json;
    const expires = expires_in ? Date.now() + expires_in * 1000 : undefined;
    this.#keep({
      access: { ...this.held.access, [lane.name]: { token: access_token, expires } },
      refresh: refresh_token ?? this.held.refresh,
    });
    log(t(message), { lane: lane.name, curl: () => curlOf(request) });
  }

  revocation(lane) {
    return formRequest(`${this.issuer}/revoke`, [
      ["client_id", CLIENT_ID],
      ["token", this.token(lane.name)?.token ?? ""],
      ["token_type_hint", "access_token"],
    ]);
  }

  /** Asks userinfo with a lane's token, as a thief would. */
  async userinfo(lane) {
    const url = `${this.issuer}/userinfo`;
    const answer = await send(bearerRequest("GET", url, this.token(lane.name).token));
    return answer.status === 200 ? answer.json : undefined;
  }

  async #adminAccess() {
    if (this.#adminToken && this.#adminToken.expires > Date.now()) return this.#adminToken.token;
    const { client_id, client_secret, resource } = this.setup.admin;
    const request = formRequest(
      `${this.issuer}/token`,
      [
        ["grant_type", "client_credentials"],
        ["resource", resource],
        ["scope", "admin"],
      ],
      { Authorization: basic(client_id, client_secret) },
    );
    const answer = await send(request);
    if (answer.status !== 200) throw new Error(reasonOf(answer));
    log(t("log.admin"), { curl: () => curlOf(request) });
    const expires = Date.now() + (answer.json.expires_in ?? 60) * 1000 - ADMIN_MARGIN_MS;
    this.#adminToken = { token: answer.json.access_token, expires };
    return this.#adminToken.token;
  }

  async #admin(method, path, json, type) {
    const token = await this.#adminAccess();
    return bearerRequest(method, `${this.issuer}/admin/v1${path}`, token, json, type);
  }

  /** The request that gives bob the shared order, or takes it from him. */
  sharing(give) {
    const { api_url, store_id } = this.setup.permissions;
    const { object, relation, users } = this.setup.shared;
    const keys = { tuple_keys: [{ user: users.bob, relation, object }] };
    return {
      method: "POST",
      url: `${api_url}/stores/${store_id}/write`,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(
        give ? { writes: { ...keys, on_duplicate: "ignore" } } : { deletes: { ...keys, on_missing: "ignore" } },
      ),
    };
  }

  /** Reads alice as the admin API has her. */
  async user() {
    const answer = await send(await this.#admin("GET", `/users?username=${USER}`));
    if (answer.status !== 200) throw new Error(reasonOf(answer));
    this.#user = answer.json.items?.[0] ?? this.#user;
    return this.#user;
  }

  async #userPath(rest) {
    const user = this.#user ?? (await this.user());
    return `/users/${encodeURIComponent(user?.id ?? USER)}${rest}?wait=effective`;
  }

  /** The request behind a button. */
  async request(action, email) {
    switch (action) {
      case "change-email": {
        const patch = { claims: { email } };
        const path = await this.#userPath("");
        return this.#admin("PATCH", path, patch, "application/merge-patch+json");
      }
      case "suspend":
        return this.#admin("POST", await this.#userPath("/suspend"));
      case "resume":
        return this.#admin("POST", await this.#userPath("/resume"));
      case "rotate-keys":
        return this.#admin("POST", "/keys/rotate?wait=effective");
      case "feed-stop":
      case "feed-start":
        return {
          method: "POST",
          url: `${this.issuer}/dev/feed`,
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ running: action === "feed-start" }),
        };
      default:
        throw new Error(action);
    }
  }
}
