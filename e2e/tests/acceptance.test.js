// Questions that users of other servers ask, answered by the product. Numbers are those of the
// acceptance list.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import * as oidc from 'openid-client'

import { tokens } from './sign-in.js'
import { BINARY, Dev } from './support.js'

const run = promisify(execFile)
let dev

before(async () => {
  dev = await (await Dev.start()).ready()
})

after(() => dev.stop())

const basic = ({ client_id, client_secret }) => ({ authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` })
const api = (lane) => dev.setup.apis.find(({ resource }) => resource === dev.lane(lane).resource)

async function introspect(lane, token, headers = {}) {
  const response = await fetch(`${dev.issuer}/introspect`, {
    method: 'POST',
    headers: { ...basic(api(lane)), ...headers },
    body: new URLSearchParams({ token }),
  })
  return { response, text: await response.text() }
}

test('acceptance 4: an ID token is refused, and the answer says what to ask for', async () => {
  const { response } = await tokens(dev, [dev.lane('fresh-jwt').resource])
  for (const lane of ['fresh-jwt', 'fresh']) {
    const answer = await dev.order(lane, response.id_token)
    assert.equal(answer.status, 401)
    const challenge = answer.headers.get('www-authenticate')
    assert.match(challenge, /this is an ID token \(aud=web-app\), ask for resource=/)
    assert.ok(challenge.includes(dev.lane(lane).resource), challenge)
  }
})

test('acceptance 5: an opaque token says what it is, and so does the inspector', async () => {
  const { response } = await tokens(dev, [dev.lane('fresh').resource])
  assert.match(response.access_token, /^cf_at_/)
  const { stdout } = await run(BINARY, ['token', 'inspect', response.access_token])
  assert.match(stdout, /opaque/i)
  const wrongWay = await dev.order('claims-in-jwt', response.access_token)
  assert.equal(wrongWay.status, 401)
  assert.match(wrongWay.headers.get('www-authenticate'), /opaque/i)
})

test('acceptance 6: the format changes per API while clients stay as they are', async () => {
  const lane = dev.lane('fresh')
  const { items } = await dev.admin('GET', `/apis?resource=${encodeURIComponent(lane.resource)}`)
  const before = (await tokens(dev, [lane.resource])).response.access_token
  await dev.admin('PATCH', `/apis/${items[0].id}?wait=effective`, { profile: { format: 'jwt', alg: 'ES256' } })
  const jwt = (await tokens(dev, [lane.resource])).response.access_token
  assert.equal(jwt.split('.').length, 3)
  for (const token of [before, jwt]) {
    const answer = await dev.order('fresh', token)
    assert.equal(answer.status, 200, JSON.stringify(answer.json))
  }
  await dev.admin('PATCH', `/apis/${items[0].id}?wait=effective`, { profile: { format: 'opaque' } })
  const opaque = (await tokens(dev, [lane.resource])).response.access_token
  for (const token of [before, jwt, opaque]) {
    assert.equal((await dev.order('fresh', token)).status, 200)
  }
})

test('acceptance 7: a wrong audience is told with both values and the fix', async () => {
  const { response } = await tokens(dev, [dev.lane('fresh-jwt').resource])
  const answer = await dev.order('claims-in-jwt', response.access_token)
  assert.equal(answer.status, 401)
  const challenge = answer.headers.get('www-authenticate')
  assert.ok(challenge.includes(dev.lane('fresh-jwt').resource), challenge)
  assert.ok(challenge.includes(dev.lane('claims-in-jwt').resource), challenge)
  assert.match(challenge, /resource/)
})

test('acceptance 14: an inactive answer is terse to strangers and clear to the API', async () => {
  const { response, config } = await tokens(dev, [dev.lane('fresh').resource])
  const token = response.access_token
  const reason = async (lane, text) => {
    const { response, text: body } = await introspect(lane, text)
    assert.equal(body, '{"active":false}')
    return response.headers.get('counterfoil-inactive-reason')
  }
  const reasons = [
    await reason('fresh-jwt', token),
    await reason('fresh', `${token.slice(0, -2)}AA`),
    await reason('fresh', response.refresh_token),
  ]
  await oidc.tokenRevocation(config, token)
  reasons.push(await reason('fresh', token))
  assert.equal(new Set(reasons).size, reasons.length, JSON.stringify(reasons))
  const stranger = await fetch(`${dev.issuer}/introspect`, {
    method: 'POST', headers: basic({ client_id: 'api-fresh', client_secret: 'wrong' }), body: new URLSearchParams({ token }),
  })
  assert.equal(stranger.status, 401)
  const client = await fetch(`${dev.issuer}/introspect`, {
    method: 'POST', headers: basic(dev.client('service')), body: new URLSearchParams({ token }),
  })
  assert.equal((await client.json()).error, 'unauthorized_client')
})

test('introspection by Accept is a JWT that is no access token', async () => {
  const { response } = await tokens(dev, [dev.lane('fresh').resource])
  const accept = { accept: 'application/token-introspection+jwt' }
  const { response: answer, text } = await introspect('fresh', response.access_token, accept)
  assert.equal(answer.headers.get('content-type'), 'application/token-introspection+jwt')
  const [header, payload] = text.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')))
  assert.equal(header.typ, 'token-introspection+jwt')
  assert.equal(payload.aud, dev.lane('fresh').resource)
  assert.equal(payload.token_introspection.active, true)
  assert.equal(payload.email, undefined)
  assert.equal((await dev.order('fresh', text)).status, 401)
})

test('userinfo answers its own tokens alone', async () => {
  const { response } = await tokens(dev, [dev.lane('userinfo-per-request').resource])
  const ask = (token) => fetch(`${dev.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  const claims = await (await ask(response.access_token)).json()
  assert.equal(claims.email, 'alice@example.com')
  const { response: other } = await tokens(dev, [dev.lane('fresh').resource])
  const refused = await ask(other.access_token)
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate'), /invalid_token/)
})

test('development mode answers its own host and origin alone', async () => {
  const { request } = await import('node:http')
  const ask = (headers) => new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: dev.port, path: '/dev/setup.json', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject).end()
  })
  const host = `localhost:${dev.port}`
  assert.equal(await ask({ host }), 200)
  assert.equal(await ask({ host: 'rebound.example' }), 421)
  assert.equal(await ask({ host, origin: 'https://evil.example' }), 403)
})
