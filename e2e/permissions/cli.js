// A whole session of the official `fga` CLI, as somebody would type it. Says `done` when every
// answer was the expected one.
//
// Reads FGA (the program) and what `fga` itself reads: FGA_API_URL and, to log in first,
// FGA_API_TOKEN_ISSUER, FGA_API_AUDIENCE, FGA_CLIENT_ID and FGA_CLIENT_SECRET.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = import.meta.dirname
const home = await mkdtemp(join(tmpdir(), 'counterfoil-fga-'))
const env = { ...process.env, HOME: home }

/** Longest that one command may take, in milliseconds: without an answer `fga` tries for minutes. */
const PATIENCE = 30_000

async function fga(...args) {
  const { stdout } = await run(env.FGA, args, { env, cwd: here, timeout: PATIENCE })
  return stdout
}

const json = async (...args) => JSON.parse(await fga(...args))

async function refused(code, ...args) {
  await assert.rejects(fga(...args), ({ stderr }) => {
    assert.ok(stderr.includes(`error code ${code}`), stderr)
    return true
  })
}

const tuples = JSON.parse(await readFile(join(here, 'tuples.json'), 'utf8'))

async function storeAndModel() {
  const { store, model } = await json('store', 'create', '--name', 'CLI session', '--model', 'model.fga')
  env.FGA_STORE_ID = store.id
  env.FGA_MODEL_ID = model.authorization_model_id
  assert.equal((await json('store', 'get')).name, 'CLI session')
  const { stores } = await json('store', 'list', '--max-pages', '0')
  assert.ok(stores.some(({ id }) => id === store.id))
  assert.match(await fga('model', 'get'), /define can_read: viewer but not blocked/)
  const again = await json('model', 'write', '--file', 'model.json')
  const { authorization_models: models } = await json('model', 'list')
  assert.deepEqual(models.map(({ id }) => id), [again.authorization_model_id, model.authorization_model_id])
}

async function writes() {
  const { successful_count: count } = await json('tuple', 'write', '--file', 'tuples.json', '--max-tuples-per-write', '4')
  assert.equal(count, tuples.length)
  await json('tuple', 'write', 'user:dave', 'viewer', 'order:5')
  await refused('write_failed_due_to_invalid_input', 'tuple', 'write', 'user:dave', 'viewer', 'order:5')
  await json('tuple', 'write', 'user:dave', 'viewer', 'order:5', '--on-duplicate', 'ignore')
  await refused('validation_error', 'tuple', 'write', 'group:eng', 'owner', 'order:1')
}

async function checks() {
  const allowed = async (...args) => (await json('query', 'check', ...args)).allowed
  assert.equal(await allowed('user:alice', 'can_read', 'order:1'), true)
  assert.equal(await allowed('user:bob', 'can_read', 'order:2'), false)
  assert.equal(await allowed('user:carol', 'can_read', 'order:3', '--context', '{"hour":12}'), true)
  assert.equal(await allowed('user:carol', 'can_read', 'order:3', '--context', '{"hour":20}'), false)
  await refused('validation_error', 'query', 'check', 'user:carol', 'can_read', 'order:3')
  const brought = ['--contextual-tuple', 'user:carol member group:core']
  assert.equal(await allowed('user:carol', 'can_read', 'order:1', ...brought), true)
  assert.equal(await allowed('user:carol', 'can_read', 'order:1', '--consistency', 'HIGHER_CONSISTENCY'), false)
}

async function lists() {
  const { objects } = await json('query', 'list-objects', 'user:bob', 'can_read', 'order')
  assert.deepEqual(objects.sort(), ['order:1', 'order:4'])
  const { users } = await json('query', 'list-users', '--object', 'order:1', '--relation', 'can_read', '--user-filter', 'user')
  assert.deepEqual(users.map(({ object }) => object.id).sort(), ['alice', 'bob'])
  const { relations } = await json('query', 'list-relations', 'user:alice', 'order:1')
  assert.deepEqual(relations.sort(), ['can_read', 'can_sign', 'owner', 'viewer'])
  const { tree } = await json('query', 'expand', 'can_read', 'order:1')
  assert.equal(tree.root.difference.subtract.leaf.computed.userset, 'order:1#blocked')
}

async function readsAndChanges() {
  const found = await json('tuple', 'read', '--max-pages', '0', '--page-size', '5', '--output-format', 'simple-json')
  assert.equal(found.length, tuples.length + 1)
  await json('tuple', 'delete', 'user:dave', 'viewer', 'order:5')
  await refused('write_failed_due_to_invalid_input', 'tuple', 'delete', 'user:dave', 'viewer', 'order:5')
  const { changes, continuation_token: token } = await json('tuple', 'changes', '--type', 'order')
  const { operation, tuple_key: { user } } = changes.at(-1)
  assert.deepEqual([operation, user], ['TUPLE_OPERATION_DELETE', 'user:dave'])
  const rest = await json('tuple', 'changes', '--type', 'order', '--continuation-token', token)
  assert.deepEqual([rest.changes.length, rest.continuation_token], [0, token])
}

/** Tests a model in the program itself, then brings it to the server: assertions and all. */
async function wholeStores() {
  await fga('model', 'test', '--tests', 'store.fga.yaml', '--suppress-summary')
  const { FGA_STORE_ID: store, FGA_MODEL_ID: model } = env
  delete env.FGA_STORE_ID
  delete env.FGA_MODEL_ID
  const imported = await json('store', 'import', '--file', 'store.fga.yaml')
  const ids = ['--store-id', imported.store.id, '--model-id', imported.model.authorization_model_id]
  const exported = await fga('store', 'export', ...ids)
  for (const { user, object } of tuples) assert.ok(exported.includes(user) && exported.includes(object), exported)
  assert.match(exported, /user: user:bob\s+object: order:2\s+assertions:\s+can_read: false/)
  await fga('store', 'delete', '--force', '--store-id', imported.store.id)
  Object.assign(env, { FGA_STORE_ID: store, FGA_MODEL_ID: model })
}

async function ends() {
  await fga('store', 'delete', '--force', '--store-id', env.FGA_STORE_ID)
  await refused('store_id_not_found', 'store', 'get')
}

try {
  for (const step of [storeAndModel, writes, checks, lists, readsAndChanges, wholeStores, ends]) {
    await step().catch((error) => {
      error.message = `${step.name}: ${error.message}`
      throw error
    })
  }
} finally {
  await rm(home, { recursive: true, force: true })
}
console.log('done')
