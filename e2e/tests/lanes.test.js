// A stock OpenID client gets a token for every lane and calls the demo API with it.
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

for (const name of ['claims-in-jwt', 'userinfo-per-request', 'introspection-per-request', 'encrypted-jwt', 'fresh', 'fresh-jwt']) {
  test(`openid-client calls lane ${name}`, async () => {
    const lane = dev.lane(name)
    const { response } = await tokens(dev, [lane.resource])
    assert.equal(response.claims().email, 'alice@example.com')
    const answer = await dev.order(name, response.access_token)
    assert.equal(answer.status, 200, JSON.stringify(answer.json))
    assert.equal(answer.json.caller.email ?? answer.json.caller.claims?.email, 'alice@example.com')
    assert.equal(typeof answer.json.learned_by, 'string')
    assert.equal(typeof answer.json.verify_micros, 'number')
    const again = await dev.order(name, response.access_token)
    const perRequest = ['userinfo-per-request', 'introspection-per-request'].includes(name)
    assert.equal(again.json.issuer_calls, perRequest ? 1 : 0, `${name} in steady state`)
    const all = await fetch(lane.url, { headers: { authorization: `Bearer ${response.access_token}` } })
    assert.equal(all.status, 200)
    assert.equal((await all.json()).orders.length, 3, "the lane's own address lists the orders")
  })
}

test('one sign-in covers several APIs, one token each', async () => {
  const resources = ['fresh', 'fresh-jwt'].map((name) => dev.lane(name).resource)
  const { config, response } = await tokens(dev, resources)
  const second = await oidc.refreshTokenGrant(config, response.refresh_token, { resource: resources[1] })
  assert.equal((await dev.order('fresh', response.access_token)).status, 200)
  assert.equal((await dev.order('fresh-jwt', second.access_token)).status, 200)
  const swapped = await dev.order('fresh-jwt', response.access_token)
  assert.equal(swapped.status, 401)
})

test('a token of one API is refused at another, and the answer says how to mend it', async () => {
  const { response } = await tokens(dev, [dev.lane('fresh-jwt').resource])
  const answer = await dev.order('claims-in-jwt', response.access_token)
  assert.equal(answer.status, 401)
  assert.match(answer.headers.get('www-authenticate'), /invalid_token/)
})

test('acceptance 25: fifty refreshes at once keep one family, a stolen old token ends it', async () => {
  const { config, response } = await tokens(dev, [dev.lane('fresh').resource])
  const all = await Promise.all(
    Array.from({ length: 50 }, () => oidc.refreshTokenGrant(config, response.refresh_token)),
  )
  assert.equal(new Set(all.map((each) => each.refresh_token)).size, 1, 'the same successor for all')
  const next = await oidc.refreshTokenGrant(config, all[0].refresh_token)
  assert.notEqual(next.refresh_token, all[0].refresh_token)
})
