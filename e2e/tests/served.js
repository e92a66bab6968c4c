// A `counterfoil serve` as somebody would run it who has read the documentation, with what its
// administrator makes through the admin API.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { BINARY, freePair, until } from './support.js'

const run = promisify(execFile)

export class Served {
  static async start() {
    const served = new Served()
    served.directory = await mkdtemp(join(tmpdir(), 'counterfoil-served-'))
    const port = await freePair()
    served.issuer = `http://localhost:${port}`
    const { stdout } = await run(BINARY, ['init', '--issuer', served.issuer])
    const config = stdout
      .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
      .replace('127.0.0.1:9090', `127.0.0.1:${port + 1}`)
    served.secret = /admin_client_secret = "([^"]+)"/.exec(config)[1]
    await writeFile(join(served.directory, 'counterfoil.toml'), config)
    served.process = spawn(BINARY, ['serve', '--config', 'counterfoil.toml'], {
      cwd: served.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    served.output = ''
    for (const stream of [served.process.stdout, served.process.stderr]) {
      stream.on('data', (chunk) => { served.output += chunk })
    }
    await until('the server', async () => {
      if (served.process.exitCode !== null) throw new Error(served.output)
      return (await fetch(`http://localhost:${port + 1}/readyz`)).ok
    })
    return served
  }

  /** A token by `client_credentials`, as text. */
  async token(parameters) {
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters })
    const response = await fetch(`${this.issuer}/token`, { method: 'POST', body })
    const json = await response.json()
    if (!response.ok) throw new Error(JSON.stringify(json))
    return json.access_token
  }

  /** A new client, made by the administrator. */
  async client(settings) {
    const basic = btoa(`admin:${this.secret}`)
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      resource: `${this.issuer}/admin/v1`,
      scope: 'admin',
    })
    const headers = { authorization: `Basic ${basic}` }
    const login = await fetch(`${this.issuer}/token`, { method: 'POST', headers, body })
    const { access_token: token } = await login.json()
    const response = await fetch(`${this.issuer}/admin/v1/clients`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(settings),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
    return JSON.parse(text)
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, 'exit')
      this.process.kill('SIGTERM')
      await ended
    }
    await rm(this.directory, { recursive: true, force: true })
  }
}
