// The official OpenFGA clients run a whole session each, unchanged: against `dev`, which is open, and
// against `serve`, where they log in at our own token endpoint as their documentation configures it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { Served } from './served.js'
import { DEADLINE, Dev } from './support.js'

const run = promisify(execFile)
const sessions = join(import.meta.dirname, '..', 'permissions')
const peers = join(import.meta.dirname, '..', '..', 'target', 'peers')
const fga = join(peers, 'python', 'bin', 'fga')

/** What runs each session. */
const CLIENTS = {
  'JavaScript SDK': [process.execPath, ['session.js']],
  'Python SDK': [join(peers, 'python', 'bin', 'python'), ['session.py']],
  'Go SDK': [join(peers, 'go-session'), ['.']],
  'fga CLI': [process.execPath, ['cli.js']],
}

const SCOPES = ['permissions:admin', 'permissions:read', 'permissions:write']

/** Runs a session to its end; what it printed is in the error when it fails. */
async function session([program, args], more) {
  const { PATH, HOME } = process.env
  const options = { cwd: sessions, env: { PATH, HOME, FGA: fga, ...more }, timeout: DEADLINE }
  const { stdout } = await run(program, args, options).catch(({ message, stdout, stderr }) => {
    throw new Error(`${message}\n${stdout}\n${stderr}`)
  })
  assert.equal(stdout.trim(), 'done')
}

let dev
let served
let machine

/** A client for the permission API. */
const settings = (more) => ({
  client_name: 'Permission client',
  grant_types: ['client_credentials'],
  apis: [{ resource: `${served.issuer}/stores`, scopes: SCOPES }],
  ...more,
})

before(async () => {
  [dev, served] = await Promise.all([Dev.start(), Served.start()])
  machine = await served.client(settings({ token_endpoint_auth_method: 'client_secret_post' }))
})

after(() => Promise.all([dev?.stop(), served?.stop()]))

const login = (more) => ({
  FGA_API_URL: served.issuer,
  FGA_API_TOKEN_ISSUER: served.issuer,
  FGA_API_AUDIENCE: `${served.issuer}/stores`,
  FGA_CLIENT_ID: machine.client_id,
  FGA_CLIENT_SECRET: machine.client_secret,
  ...more,
})

for (const [name, program] of Object.entries(CLIENTS)) {
  test(`${name}: a whole session without login`, async () => {
    await session(program, { FGA_API_URL: dev.setup.permissions.api_url })
  })

  test(`${name}: a whole session with client_credentials`, async () => {
    await session(program, login())
  })
}

test('a wrong secret gets nowhere', async () => {
  const wrong = `${machine.client_secret.slice(0, -4)}wron`
  const refused = session(CLIENTS['JavaScript SDK'], login({ FGA_CLIENT_SECRET: wrong }))
  await assert.rejects(refused, /invalid_client/)
})

test('JavaScript SDK: a whole session with private_key_jwt', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'session' }
  const client = await served.client(settings({
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key] },
    lax_assertion_audience: true,
  }))
  await session(CLIENTS['JavaScript SDK'], login({
    FGA_CLIENT_ID: client.client_id,
    FGA_CLIENT_SECRET: '',
    FGA_CLIENT_ASSERTION_KEY: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    FGA_CLIENT_ASSERTION_ALG: 'RS256',
  }))
})

test('a client without the scope is refused what it may not do', async () => {
  const reader = await served.client(settings({
    token_endpoint_auth_method: 'client_secret_post',
    apis: [{ resource: `${served.issuer}/stores`, scopes: ['permissions:read'] }],
  }))
  const may = { FGA_CLIENT_ID: reader.client_id, FGA_CLIENT_SECRET: reader.client_secret }
  await assert.rejects(session(CLIENTS['Go SDK'], login(may)), /permissions:admin/)
})
