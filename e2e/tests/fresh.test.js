// The promise: private, cheap and fresh at once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as oidc from 'openid-client'

import { tokens } from './sign-in.js'
import { Dev } from './support.js'

let dev

before(async () => {
  dev = await (await Dev.start()).ready()
})

after(() => dev.stop())

const sign = async (username = 'alice') => (await tokens(dev, [dev.lane('fresh').resource], username)).response
const email = (answer) => answer.json.caller.email ?? answer.json.caller.claims?.email

test('acceptance 3 and 16: the token says nothing in any decoding, and stays short', async () => {
  const { access_token: token } = await sign()
  assert.ok(token.length <= 180, `${token.length} characters`)
  const texts = [token]
  for (const part of token.split(/[._]/)) {
    for (const encoding of ['base64url', 'base64', 'hex', 'utf8']) texts.push(Buffer.from(part, encoding).toString('latin1'))
  }
  for (const text of texts) {
    for (const secret of ['alice', 'Alice', 'Adams', 'example.com', 'usr_', 'buyers', 'web-app']) {
      assert.ok(!text.includes(secret), `the token holds ${secret}`)
    }
  }
})

test('acceptance 1: a changed e-mail is in the very next answer after the receipt', async () => {
  const { access_token: token } = await sign()
  assert.equal(email(await dev.order('fresh', token)), 'alice@example.com')
  const alice = await dev.user('alice')
  for (const address of ['new@example.com', 'alice@example.com']) {
    const answer = await dev.admin('PATCH', `/users/${alice.id}?wait=effective`, { claims: { email: address } })
    assert.ok(answer.receipt.acknowledged >= 1, JSON.stringify(answer.receipt))
    assert.equal(answer.receipt.lapsed, 0)
    assert.equal(email(await dev.order('fresh', token)), address)
  }
})

test('acceptance 2 and 13: a thousand calls cost the issuer nothing but lease and stream', async () => {
  const { access_token: token } = await sign()
  assert.equal((await dev.order('fresh', token)).status, 200)
  const before = await dev.counters()
  for (let call = 0; call < 1_000; call += 1) {
    const answer = await dev.order('fresh', token)
    assert.equal(answer.status, 200)
  }
  const grown = Object.entries(await dev.counters())
    .filter(([route, count]) => count !== (before[route] ?? 0))
    .map(([route]) => route)
    .filter((route) => !['/feed/v1/lease', '/feed/v1/stream', '/dev/metrics.json'].includes(route))
  assert.deepEqual(grown, [])
})

test('acceptance 11: a revoked token is 401 at the very next call', async () => {
  const { access_token: token } = await sign()
  assert.equal((await dev.order('fresh', token)).status, 200)
  const alice = await dev.user('alice')
  await dev.admin('POST', `/users/${alice.id}/revoke?wait=effective`)
  assert.equal((await dev.order('fresh', token)).status, 401)
})

test('a deleted grant is 401 at the very next call', async () => {
  const { access_token: token } = await sign('bob')
  assert.equal((await dev.order('fresh', token)).status, 200)
  const bob = await dev.user('bob')
  const { items } = await dev.admin('GET', `/grants?user=${bob.id}`)
  assert.equal(items.length, 1)
  await dev.admin('DELETE', `/grants/${items[0].id}?wait=effective`)
  assert.equal((await dev.order('fresh', token)).status, 401)
})

test('acceptance 12: suspending ends sessions, grants, refresh and cached identity; resuming revives nothing', async () => {
  const { response, config } = await tokens(dev, [dev.lane('fresh').resource])
  const thin = await oidc.refreshTokenGrant(config, response.refresh_token)
  assert.equal((await dev.order('fresh', thin.access_token)).status, 200)
  const alice = await dev.user('alice')
  await dev.admin('POST', `/users/${alice.id}/suspend?wait=effective`)
  assert.equal((await dev.order('fresh', thin.access_token)).status, 401)
  await assert.rejects(oidc.refreshTokenGrant(config, thin.refresh_token))
  await dev.admin('POST', `/users/${alice.id}/resume?wait=effective`)
  assert.equal((await dev.order('fresh', thin.access_token)).status, 401)
  await assert.rejects(oidc.refreshTokenGrant(config, thin.refresh_token))
  const fresh = await sign()
  assert.equal((await dev.order('fresh', fresh.access_token)).status, 200)
})

test('acceptance 21: a service is told from a user', async () => {
  const { access_token: user } = await sign()
  const service = dev.client('service')
  const response = await fetch(`${dev.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${service.client_id}:${service.client_secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: dev.lane('fresh').resource }),
  })
  const { access_token: machine } = await response.json()
  assert.equal((await dev.order('fresh', user)).json.caller.principal, 'user')
  assert.equal((await dev.order('fresh', machine)).json.caller.principal, 'service')
})

test('acceptance 23: rotating keys under load fails nobody', async () => {
  const resource = dev.lane('fresh-jwt').resource
  const { access_token: old } = (await tokens(dev, [resource])).response
  let running = true
  const statuses = new Set()
  const load = (async () => {
    while (running) statuses.add((await dev.order('fresh-jwt', old)).status)
  })()
  await dev.admin('POST', '/keys/rotate?wait=effective', {})
  const { access_token: young } = (await tokens(dev, [resource])).response
  assert.equal((await dev.order('fresh-jwt', young)).status, 200)
  running = false
  await load
  assert.deepEqual([...statuses], [200])
})
