// Questions of the acceptance list about permissions, answered by the demo API: the guard says who
// calls, the permission engine what they may do.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { tokens } from './sign-in.js'
import { Dev, until } from './support.js'

let dev
let bob

before(async () => {
  dev = await (await Dev.start()).ready()
  bob = dev.setup.shared.users.bob
})

after(() => dev.stop())

const tokenOf = async (username, scope) => (await tokens(dev, [dev.setup.shared.resource], username, scope)).response.access_token

/** Writes relationships, and returns the revision from which they hold. */
async function write(body) {
  const { api_url, store_id } = dev.setup.permissions
  const response = await fetch(`${api_url}/stores/${store_id}/write`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.equal(response.status, 200, await response.clone().text())
  return response.headers.get('counterfoil-revision')
}

const give = (...tuple_keys) => write({ writes: { tuple_keys } })
const take = (...tuple_keys) => write({ deletes: { tuple_keys } })
const key = (user, relation, object) => ({ user, relation, object })

/** What the demo API answers to a token. */
async function order(token, id = 1) {
  const response = await fetch(`${dev.setup.shared.resource}/orders/${id}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return { status: response.status, json: await response.json() }
}

test('acceptance 10: a role that is taken is gone from the next call, with the token still in hand', async () => {
  const token = await tokenOf('bob')
  const { object, relation } = dev.setup.shared
  const [role, right] = [key(bob, 'member', 'group:auditors'), key('group:auditors#member', relation, object)]
  await give(role, right)
  assert.equal((await order(token)).status, 200)
  await take(role)
  const refused = await order(token)
  assert.equal(refused.status, 403)
  assert.equal(refused.json.code, 'permission_denied')
  await take(right)
})

test('acceptance 17: scope and permission must both hold, and the answer tells them apart', async () => {
  const { object, relation } = dev.setup.shared
  const narrow = await tokenOf('bob', 'openid')
  const wide = await tokenOf('bob')
  const rows = []
  for (const permitted of [false, true]) {
    if (permitted) await give(key(bob, relation, object))
    for (const token of [narrow, wide]) {
      const { status, json } = await order(token)
      const { scope, permission } = json.effective
      rows.push([scope.held, permission.held, status, json.code])
      assert.match(json.explanation, scope.held ? /the token has orders:read/ : /the token lacks orders:read/)
      assert.match(json.explanation, /can_read/)
    }
  }
  await take(key(bob, relation, object))
  assert.deepEqual(rows, [
    [false, false, 403, 'insufficient_scope'],
    [true, false, 403, 'permission_denied'],
    [false, true, 403, 'insufficient_scope'],
    [true, true, 200, undefined],
  ])
})

test('acceptance 18: an order that is shared is open at once, and what is taken is closed at once', async () => {
  const { object, relation } = dev.setup.shared
  const token = await tokenOf('bob')
  const { api_url, store_id } = dev.setup.permissions
  for (let round = 0; round < 20; round += 1) {
    const given = await give(key(bob, relation, object))
    assert.ok(given, 'a write says its revision')
    assert.equal((await order(token)).status, 200)
    // Whoever has the revision never sees an older world, whoever answers.
    const check = await fetch(`${api_url}/stores/${store_id}/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tuple_key: key(bob, 'can_read', object), at_least_as_fresh: given }),
    })
    assert.equal((await check.json()).allowed, true)
    await take(key(bob, relation, object))
    assert.equal((await order(token)).status, 403)
  }
})

test('where the engine is silent the demo API does not guess', async () => {
  const token = await tokenOf('alice')
  await until('a first answer', async () => (await order(token)).status === 200)
  dev.signal('SIGSTOP')
  try {
    assert.equal((await order(token)).status, 503)
  } finally {
    dev.signal('SIGCONT')
  }
})
