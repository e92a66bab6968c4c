// What the end-to-end tests share: a `counterfoil dev` of their own, and a client that keeps
// cookies and fills our forms.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const BINARY = process.env.COUNTERFOIL_BIN ?? new URL('../../target/debug/counterfoil', import.meta.url).pathname

/** Longest that anything here is waited for, in milliseconds. */
export const DEADLINE = 60_000

/** Asks again until the answer pleases, or the deadline passes: never a fixed sleep. */
export async function until(what, ask, every = 25) {
  const end = Date.now() + DEADLINE
  let last
  while (Date.now() < end) {
    try {
      last = await ask()
      if (last) return last
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, every))
  }
  throw new Error(`waited too long for ${what}; last: ${last}`)
}

async function isFree(port) {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Finds two neighbouring free ports. */
export async function freePair() {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = 20_000 + Math.floor(Math.random() * 20_000)
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
  throw new Error('no free ports')
}

/** One running `counterfoil dev`. */
export class Dev {
  static async start(options = []) {
    const dev = new Dev()
    dev.data = await mkdtemp(join(tmpdir(), 'counterfoil-e2e-'))
    dev.port = await freePair()
    await dev.launch(options)
    return dev
  }

  async launch(options = []) {
    const args = ['dev', '--no-open', '--port', String(this.port), '--data', this.data, ...options]
    this.output = ''
    this.process = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (chunk) => { this.output += chunk })
    }
    this.issuer = `http://localhost:${this.port}`
    this.setup = await until('the issuer', async () => {
      const response = await fetch(`${this.issuer}/dev/setup.json`)
      return response.ok && (await response.json())
    })
  }

  /** Waits until the demo API's guards may answer. */
  async ready() {
    await until('the demo API', async () => {
      const response = await fetch(`${this.lane('fresh').url}/orders/1`)
      return response.status === 401
    })
    return this
  }

  lane(name) {
    return this.setup.lanes.find((lane) => lane.name === name)
  }

  client(id) {
    return this.setup.clients.find((client) => client.client_id === id)
  }

  signal(name) {
    this.process.kill(name)
  }

  async kill() {
    const ended = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await ended
  }

  /** Ctrl-C, then makes sure that nothing is left. */
  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, 'exit')
      this.process.kill('SIGCONT')
      this.process.kill('SIGINT')
      await ended
    }
    await rm(this.data, { recursive: true, force: true })
  }

  /** How often each route of the issuer was asked. */
  async counters() {
    const response = await fetch(`${this.issuer}/dev/metrics.json`)
    return (await response.json()).requests
  }

  /** An administrator's token. */
  async adminToken() {
    const { client_id, client_secret, resource } = this.setup.admin
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope: 'admin' }),
    })
    return (await response.json()).access_token
  }

  /** A call to the admin API. */
  async admin(method, path, body) {
    this.token ??= await this.adminToken()
    const response = await fetch(`${this.issuer}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body ? { 'content-type': 'application/merge-patch+json' } : {}),
      },
      body: body && JSON.stringify(body),
    })
    const text = await response.text()
    const json = text ? JSON.parse(text) : {}
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return json
  }

  async user(username) {
    return (await this.admin('GET', `/users?username=${username}`)).items[0]
  }

  /** Calls an order of a lane. */
  async order(lane, token) {
    const response = await fetch(`${this.lane(lane).url}/orders/1`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const text = await response.text()
    let json
    try { json = JSON.parse(text) } catch { json = text }
    return { status: response.status, headers: response.headers, json }
  }
}

/** A browser without a screen: keeps cookies, follows our forms, stops at foreign addresses. */
export class Browser {
  constructor(issuer) {
    this.issuer = issuer
    this.cookies = new Map()
  }

  async request(url, init = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, ...(cookie ? { cookie } : {}) },
    })
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(';')
      const at = pair.indexOf('=')
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return response
  }

  static fields(html) {
    const fields = {}
    for (const [tag] of html.matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(tag)?.[1]
      const value = /value="([^"]*)"/.exec(tag)?.[1] ?? ''
      if (name) fields[name] = value.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#38;', '&')
    }
    return fields
  }

  /** Signs in and consents until the issuer sends the browser back to the client. */
  async authorize(url, username, password = username) {
    let response = await this.request(url)
    for (let step = 0; step < 6; step += 1) {
      const location = response.headers.get('location')
      if (location && !location.startsWith(`${this.issuer}/authorize`)) return new URL(location)
      if (location) {
        response = await this.request(location)
        continue
      }
      const html = await response.text()
      const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1]
      if (!action) throw new Error(`no form to fill: ${response.status} ${html.slice(0, 500)}`)
      const fields = Browser.fields(html)
      if (action.endsWith('/sign-in')) Object.assign(fields, { username, password })
      if (action.endsWith('/consent')) fields.decision = 'allow'
      response = await this.request(new URL(action, this.issuer), {
        method: 'POST',
        body: new URLSearchParams(fields),
      })
    }
    throw new Error('the flow did not end')
  }
}
