// A whole session of the official JavaScript SDK, as an application would write it. Says `done`
// when every answer was the expected one.
//
// Reads FGA_API_URL and, to log in first, FGA_API_TOKEN_ISSUER, FGA_API_AUDIENCE, FGA_CLIENT_ID and
// FGA_CLIENT_SECRET or FGA_CLIENT_ASSERTION_KEY (PKCS#8, with FGA_CLIENT_ASSERTION_ALG).
import {
  ClientWriteRequestOnDuplicateWrites as OnDuplicate,
  ClientWriteRequestOnMissingDeletes as OnMissing,
  ConsistencyPreference,
  CredentialsMethod,
  FgaApiNotFoundError,
  FgaApiValidationError,
  OpenFgaClient,
} from '@openfga/sdk'
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'

const read = async (name) => JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'))
const [model, tuples] = [await read('model.json'), await read('tuples.json')]
const env = process.env

function credentials() {
  if (!env.FGA_API_TOKEN_ISSUER) return undefined
  const login = env.FGA_CLIENT_ASSERTION_KEY
    ? {
        clientAssertionSigningKey: env.FGA_CLIENT_ASSERTION_KEY,
        clientAssertionSigningAlgorithm: env.FGA_CLIENT_ASSERTION_ALG,
      }
    : { clientSecret: env.FGA_CLIENT_SECRET }
  return {
    method: CredentialsMethod.ClientCredentials,
    config: {
      apiTokenIssuer: env.FGA_API_TOKEN_ISSUER,
      apiAudience: env.FGA_API_AUDIENCE,
      clientId: env.FGA_CLIENT_ID,
      ...login,
    },
  }
}

const fga = new OpenFgaClient({ apiUrl: env.FGA_API_URL, credentials: credentials() })
const alice = 'user:alice'
const bob = 'user:bob'
const carol = 'user:carol'

async function refused(kind, code, call) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`)
    assert.equal(error.apiErrorCode, code, error.apiErrorMessage)
    return true
  })
}

async function stores() {
  const store = await fga.createStore({ name: 'JavaScript session' })
  assert.match(store.id, /^[0-9A-HJKMNP-TV-Z]{26}$/)
  fga.storeId = store.id
  assert.equal((await fga.getStore()).name, 'JavaScript session')
  const listed = await fga.listStores({ name: 'JavaScript session', pageSize: 100 })
  assert.ok(listed.stores.some(({ id }) => id === store.id))
}

async function models() {
  const { authorization_model_id: id } = await fga.writeAuthorizationModel(model)
  assert.match(id, /^[0-9A-HJKMNP-TV-Z]{26}$/)
  fga.authorizationModelId = id
  const { authorization_model: got } = await fga.readAuthorizationModel()
  assert.equal(got.id, id)
  assert.deepEqual(got.type_definitions.map(({ type }) => type), model.type_definitions.map(({ type }) => type))
  assert.equal(got.conditions.in_hours.parameters.hour.type_name, 'TYPE_NAME_INT')
  const again = await fga.writeAuthorizationModel({
    schema_version: got.schema_version,
    type_definitions: got.type_definitions,
    conditions: got.conditions,
  })
  const latest = await fga.readLatestAuthorizationModel()
  assert.equal(latest.authorization_model.id, again.authorization_model_id)
  const first = await fga.readAuthorizationModels({ pageSize: 1 })
  const second = await fga.readAuthorizationModels({ pageSize: 1, continuationToken: first.continuation_token })
  const ids = [...first.authorization_models, ...second.authorization_models].map((one) => one.id)
  assert.deepEqual(ids, [again.authorization_model_id, id])
  await refused(FgaApiValidationError, 'invalid_authorization_model', () =>
    fga.writeAuthorizationModel({ schema_version: '1.1', type_definitions: [{ type: 'a', relations: { b: { computedUserset: { relation: 'c' } } } }] }))
}

async function writes() {
  const written = await fga.write({ writes: tuples })
  assert.ok(written.writes.every(({ status }) => status === 'success'))
  const known = [tuples[0]]
  await refused(FgaApiValidationError, 'write_failed_due_to_invalid_input', () => fga.write({ writes: known }))
  await fga.write({ writes: known }, { conflict: { onDuplicateWrites: OnDuplicate.Ignore } })
  await refused(FgaApiValidationError, 'validation_error', () =>
    fga.write({ writes: [{ user: 'group:eng', relation: 'owner', object: 'order:1' }] }))
  await refused(FgaApiValidationError, 'validation_error', () =>
    fga.write({ writes: [{ user: 'group:eng#member', relation: 'member', object: 'group:eng' }] }))
  const apart = await fga.write(
    { writes: [known[0], { user: 'user:dave', relation: 'viewer', object: 'order:5' }] },
    { transaction: { disable: true, maxPerChunk: 1 } },
  )
  assert.deepEqual(apart.writes.map(({ status }) => status).sort(), ['failure', 'success'])
}

async function checks() {
  const allowed = async (user, relation, object, more = {}, options = {}) =>
    (await fga.check({ user, relation, object, ...more }, options)).allowed
  assert.equal(await allowed(alice, 'can_read', 'order:1'), true)
  assert.equal(await allowed(bob, 'can_read', 'order:1'), true)
  assert.equal(await allowed(bob, 'can_read', 'order:2'), false)
  assert.equal(await allowed(carol, 'can_read', 'order:1'), false)
  assert.equal(await allowed(carol, 'can_read', 'order:4'), true)
  assert.equal(await allowed(carol, 'can_read', 'order:3', { context: { hour: 9 } }), true)
  assert.equal(await allowed(carol, 'can_read', 'order:3', { context: { hour: 17 } }), false)
  await refused(FgaApiValidationError, 'validation_error', () => allowed(carol, 'can_read', 'order:3'))
  const contextualTuples = [{ user: carol, relation: 'member', object: 'group:core' }]
  assert.equal(await allowed(carol, 'can_read', 'order:1', { contextualTuples }), true)
  assert.equal(await allowed('group:core#member', 'viewer', 'order:2'), true)
  const consistency = ConsistencyPreference.HigherConsistency
  assert.equal(await allowed(alice, 'can_sign', 'order:1', {}, { consistency }), true)
  await refused(FgaApiValidationError, 'validation_error', () => allowed(alice, 'unheard_of', 'order:1'))
}

async function batches() {
  const many = Array.from({ length: 120 }, (_, at) => ({
    user: at % 2 ? bob : carol,
    relation: 'can_read',
    object: 'order:1',
    correlationId: `check-${at}`,
  }))
  const answers = await fga.batchCheck({ checks: many })
  assert.equal(answers.result.length, 120)
  for (const { correlationId, allowed, request } of answers.result) {
    assert.equal(allowed, request.user === bob, correlationId)
  }
  const { result: [late, broken] } = await fga.batchCheck({
    checks: [
      { user: carol, relation: 'viewer', object: 'order:3', correlationId: 'late', context: { hour: 20 } },
      { user: carol, relation: 'viewer', object: 'order:3', correlationId: 'unclear' },
    ],
  }).then(({ result }) => ({ result: result.sort((a, b) => a.correlationId.localeCompare(b.correlationId)) }))
  assert.equal(late.allowed, false)
  assert.equal(late.error, undefined)
  assert.equal(broken.error.input_error, 'validation_error')
  const byOne = await fga.clientBatchCheck([
    { user: alice, relation: 'can_sign', object: 'order:1' },
    { user: bob, relation: 'can_sign', object: 'order:1' },
  ])
  const sign = Object.fromEntries(byOne.result.map(({ _request, allowed }) => [_request.user, allowed]))
  assert.deepEqual(sign, { [alice]: true, [bob]: false })
}

async function lists() {
  const question = { user: bob, relation: 'can_read', type: 'order' }
  const { objects } = await fga.listObjects(question)
  assert.deepEqual(objects.sort(), ['order:1', 'order:4'])
  const streamed = []
  for await (const { object } of fga.streamedListObjects(question)) streamed.push(object)
  assert.deepEqual(streamed.sort(), ['order:1', 'order:4'])
  const late = await fga.listObjects({ ...question, user: carol, context: { hour: 12 } })
  assert.deepEqual(late.objects.sort(), ['order:3', 'order:4'])
  const { relations } = await fga.listRelations({ user: alice, object: 'order:1', relations: ['owner', 'blocked', 'can_read', 'can_sign'] })
  assert.deepEqual(relations.sort(), ['can_read', 'can_sign', 'owner'])
  const users = async (id, relation, filter) => {
    const answer = await fga.listUsers({ object: { type: 'order', id }, relation, user_filters: [filter], context: { hour: 12 } })
    return answer.users.map(({ object, userset, wildcard }) =>
      object ? `${object.type}:${object.id}` : wildcard ? `${wildcard.type}:*` : `${userset.type}:${userset.id}#${userset.relation}`).sort()
  }
  assert.deepEqual(await users('1', 'can_read', { type: 'user' }), [alice, bob])
  assert.deepEqual(await users('4', 'can_read', { type: 'user' }), ['user:*'])
  assert.deepEqual(await users('1', 'viewer', { type: 'group', relation: 'member' }), ['group:core#member', 'group:eng#member'])
}

async function expands() {
  const { tree } = await fga.expand({ relation: 'can_read', object: 'order:1' })
  assert.equal(tree.root.name, 'order:1#can_read')
  assert.equal(tree.root.difference.base.leaf.computed.userset, 'order:1#viewer')
  assert.equal(tree.root.difference.subtract.leaf.computed.userset, 'order:1#blocked')
  const viewer = (await fga.expand({ relation: 'viewer', object: 'order:1' })).tree.root.union.nodes
  assert.equal(viewer[2].leaf.tupleToUserset.tupleset, 'order:1#folder')
  assert.deepEqual(viewer[2].leaf.tupleToUserset.computed, [{ userset: 'folder:north#viewer' }])
}

async function reads() {
  const all = []
  let continuationToken
  do {
    const page = await fga.read({}, { pageSize: 5, continuationToken })
    assert.ok(page.tuples.length <= 5)
    all.push(...page.tuples)
    continuationToken = page.continuation_token
  } while (continuationToken)
  assert.equal(all.length, tuples.length + 1)
  const { tuples: [conditional] } = await fga.read({ user: carol, relation: 'viewer', object: 'order:3' })
  assert.deepEqual(conditional.key.condition, { name: 'in_hours', context: { from: 9, to: 17 } })
  assert.ok(!Number.isNaN(Date.parse(conditional.timestamp)))
  const of = await fga.read({ object: 'order:1' })
  assert.deepEqual(of.tuples.map(({ key }) => key.relation).sort(), ['folder', 'owner'])
  const byType = await fga.read({ user: 'folder:north', object: 'order:' })
  assert.equal(byType.tuples.length, 2)
}

async function deletesAndChanges() {
  const gone = [{ user: bob, relation: 'member', object: 'group:core' }]
  await fga.deleteTuples(gone)
  assert.equal((await fga.check({ user: bob, relation: 'can_read', object: 'order:1' })).allowed, false)
  await refused(FgaApiValidationError, 'write_failed_due_to_invalid_input', () => fga.deleteTuples(gone))
  await fga.deleteTuples(gone, { conflict: { onMissingDeletes: OnMissing.Ignore } })
  const changes = []
  let token
  for (;;) {
    const page = await fga.readChanges({ type: 'group' }, { pageSize: 2, continuationToken: token })
    if (page.changes.length === 0) break
    changes.push(...page.changes)
    token = page.continuation_token
  }
  assert.deepEqual(
    changes.map(({ operation, tuple_key }) => `${operation} ${tuple_key.user}`),
    [
      'TUPLE_OPERATION_WRITE group:core#member',
      'TUPLE_OPERATION_WRITE user:bob',
      'TUPLE_OPERATION_DELETE user:bob',
    ],
  )
  const everything = await fga.readChanges({}, { pageSize: 100 })
  assert.equal(everything.changes.length, tuples.length + 2)
}

async function assertions() {
  const wanted = [
    { user: alice, relation: 'can_read', object: 'order:1', expectation: true },
    { user: bob, relation: 'can_sign', object: 'order:1', expectation: false },
  ]
  await fga.writeAssertions(wanted)
  const { assertions: got } = await fga.readAssertions()
  assert.deepEqual(got.map(({ tuple_key, expectation }) => ({ ...tuple_key, expectation })), wanted)
}

async function ends() {
  await fga.deleteStore()
  await refused(FgaApiNotFoundError, 'store_id_not_found', () => fga.getStore())
}

for (const step of [stores, models, writes, checks, batches, lists, expands, reads, deletesAndChanges, assertions, ends]) {
  await step().catch((error) => {
    error.message = `${step.name}: ${error.message}`
    throw error
  })
}
console.log('done')
