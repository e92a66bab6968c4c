// Requests of every kind, good and bad, sent one after the other to one new store. What OpenFGA
// 1.22.1 answered is in `openfga-answers.json`; to record it anew:
//   openfga run --playground-enabled=false &
//   node exchanges.js http://127.0.0.1:8080 > openfga-answers.json
import { readFile } from 'node:fs/promises'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

const read = async (name) => JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'))
const model = await read('model.json')
const tuples = await read('tuples.json')

const key = (user, relation, object) => ({ user, relation, object })
const check = (user, relation, object, more) => ['POST', '/check', { tuple_key: key(user, relation, object), ...more }]
const write = (writes, deletes) => ['POST', '/write', {
  ...(writes && { writes: { tuple_keys: writes } }),
  ...(deletes && { deletes: { tuple_keys: deletes } }),
}]
const models = (type_definitions, more) => ['POST', '/authorization-models', { schema_version: '1.1', type_definitions, ...more }]
const list = (user, relation, type, more) => ['POST', '/list-objects', { user, relation, type, ...more }]
const users = (object, relation, user_filters, more) => ['POST', '/list-users', { object, relation, user_filters, ...more }]
const order = { type: 'order', id: '1' }
const unknown = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const alice = key('user:alice', 'owner', 'order:1')
const many = (count, of) => Array.from({ length: count }, (_, at) => of(at))

/** Method, path below the store (or from the root, behind a dot), body. */
const EXCHANGES = [
  // Before there is a model.
  check('user:alice', 'owner', 'order:1'),
  write([alice]),
  ['GET', '/authorization-models'],
  // Models.
  ['POST', '/authorization-models', model],
  ['GET', '/authorization-models'],
  ['GET', '/authorization-models/{model}'],
  ['GET', `/authorization-models/${unknown}`],
  ['GET', '/authorization-models/nonsense'],
  ['GET', '/authorization-models?page_size=0'],
  ['GET', '/authorization-models?page_size=51'],
  ['GET', '/authorization-models?page_size=101'],
  ['GET', '/authorization-models?continuation_token=nonsense'],
  models([]),
  ['POST', '/authorization-models', {}],
  models([{ type: 'user' }, { type: 'user' }]),
  models([{ type: 'a', relations: { b: { this: {} } } }]),
  models([{ type: 'a', relations: { b: { computedUserset: { relation: 'c' } } } }]),
  models([{ type: 'a', relations: { b: { computedUserset: { relation: 'b' } } } }]),
  models([{ type: 'self', relations: { this: { this: {} } } }]),
  models([{ type: 'a b' }]),
  models([{ type: 'user' }], { schema_version: '0.9' }),
  models([{ type: 'user' }], { schema_version: undefined }),
  models([{ type: 'user' }], { conditions: { open: { name: 'shut', expression: 'true' } } }),
  models([{ type: 'user' }], { conditions: { open: { name: 'open', expression: 'x ==' } } }),
  models([{ type: 'user' }], { conditions: { open: { name: 'open', expression: '1 + 1' } } }),
  models(many(101, (at) => ({ type: `t${at}` }))),
  // Writes.
  write(tuples),
  write([alice]),
  write(undefined, [key('user:nobody', 'owner', 'order:1')]),
  write([key('user:x', 'owner', 'order:9'), key('user:x', 'owner', 'order:9')]),
  write([key('user:x', 'owner', 'order:9')], [key('user:x', 'owner', 'order:9')]),
  write([]),
  write(),
  ['POST', '/write', { writes: { tuple_keys: [] }, deletes: { tuple_keys: [] } }],
  write([key('user:x', 'nope', 'order:1')]),
  write([key('user:x', 'owner', 'nope:1')]),
  write([key('nope:x', 'owner', 'order:1')]),
  write([key('user', 'owner', 'order:1')]),
  write([key('user:x', 'owner', 'order')]),
  write([key('user:x', 'owner', 'order:')]),
  write([key('user:x', 'owner', 'order:a b')]),
  write([key('user:*', 'owner', 'order:1')]),
  write([key('user:x', 'viewer', 'order:*')]),
  write([key('user:x', 'can_read', 'order:1')]),
  write([key('group:eng#member', 'member', 'group:eng')]),
  write([key('group:eng#nope', 'member', 'group:core')]),
  write([{ ...key('user:x', 'viewer', 'order:1'), condition: { name: 'nope' } }]),
  write([{ ...key('user:x', 'owner', 'order:1'), condition: { name: 'in_hours' } }]),
  write([{ ...key('user:x', 'viewer', 'order:1'), condition: { name: 'in_hours', context: { from: 'nine' } } }]),
  write([{ ...key('user:x', 'viewer', 'order:1'), condition: { name: 'in_hours', context: { other: 1 } } }]),
  write([key('user:x', '', 'order:1')]),
  write([key('', 'owner', 'order:1')]),
  write([key('user:x', 'owner', '')]),
  write(many(101, (at) => key(`user:${at}`, 'owner', 'order:7'))),
  ['POST', '/write', { writes: { tuple_keys: [alice], on_duplicate: 'ignore' } }],
  ['POST', '/write', { writes: { tuple_keys: [alice], on_duplicate: 'nonsense' } }],
  ['POST', '/write', { deletes: { tuple_keys: [key('user:nobody', 'owner', 'order:1')], on_missing: 'ignore' } }],
  ['POST', '/write', { writes: { tuple_keys: [key('user:y', 'owner', 'order:1')] }, authorization_model_id: unknown }],
  // Checks.
  check('user:alice', 'can_read', 'order:1'),
  check('user:bob', 'can_read', 'order:2'),
  check('user:carol', 'can_read', 'order:3'),
  check('user:carol', 'can_read', 'order:3', { context: { hour: 9 } }),
  check('user:carol', 'can_read', 'order:3', { context: { hour: 'nine' } }),
  check('user:*', 'viewer', 'folder:public'),
  check('group:core#member', 'viewer', 'order:2'),
  check('user:alice', 'nope', 'order:1'),
  check('user:alice', 'owner', 'nope:1'),
  check('nope:alice', 'owner', 'order:1'),
  check('alice', 'owner', 'order:1'),
  check('user:alice', 'owner', 'order'),
  check('user:alice', '', 'order:1'),
  check('', 'owner', 'order:1'),
  check('group:core#nope', 'viewer', 'order:2'),
  check('user:alice', 'owner', 'order:*'),
  check(`user:${'x'.repeat(508)}`, 'owner', 'order:1'),
  check('user:alice', 'owner', `order:${'x'.repeat(251)}`),
  check('user:alice', 'r'.repeat(51), 'order:1'),
  check('user:alice', 'owner', 'order:1', { authorization_model_id: unknown }),
  check('user:alice', 'owner', 'order:1', { authorization_model_id: 'nonsense' }),
  check('user:alice', 'owner', 'order:1', { consistency: 'HIGHER_CONSISTENCY' }),
  check('user:alice', 'owner', 'order:1', { consistency: 'NONSENSE' }),
  check('user:alice', 'owner', 'order:1', { unheard_of: 1 }),
  check('user:zoe', 'can_read', 'order:1', { contextual_tuples: { tuple_keys: [key('user:zoe', 'member', 'group:core')] } }),
  check('user:zoe', 'can_read', 'order:1', { contextual_tuples: { tuple_keys: [key('user:zoe', 'nope', 'group:core')] } }),
  check('user:zoe', 'can_read', 'order:1', { contextual_tuples: { tuple_keys: [key('user:zoe', 'can_read', 'order:1')] } }),
  check('user:zoe', 'can_read', 'order:1', { contextual_tuples: { tuple_keys: many(101, (at) => key(`user:${at}`, 'member', 'group:core')) } }),
  check('user:zoe', 'can_read', 'order:1', { contextual_tuples: { tuple_keys: [key('user:zoe', 'owner', 'order:1'), key('user:zoe', 'owner', 'order:1')] } }),
  ['POST', '/check', {}],
  ['POST', '/check', '{"tuple_key":'],
  ['POST', '/check', '[]'],
  ['POST', '/check', ''],
  // Batches.
  ['POST', '/batch-check', { checks: [
    { tuple_key: key('user:alice', 'owner', 'order:1'), correlation_id: 'a' },
    { tuple_key: key('user:bob', 'owner', 'order:1'), correlation_id: 'b' },
    { tuple_key: key('user:bob', 'nope', 'order:1'), correlation_id: 'c' },
    { tuple_key: key('user:carol', 'viewer', 'order:3'), correlation_id: 'd' },
  ] }],
  ['POST', '/batch-check', { checks: [] }],
  ['POST', '/batch-check', { checks: [{ tuple_key: alice, correlation_id: 'a' }, { tuple_key: alice, correlation_id: 'a' }] }],
  ['POST', '/batch-check', { checks: [{ tuple_key: alice, correlation_id: '' }] }],
  ['POST', '/batch-check', { checks: [{ tuple_key: alice, correlation_id: 'a b' }] }],
  ['POST', '/batch-check', { checks: many(51, (at) => ({ tuple_key: alice, correlation_id: `${at}` })) }],
  // Lists.
  list('user:bob', 'can_read', 'order'),
  list('user:nobody', 'owner', 'order'),
  list('user:carol', 'viewer', 'order'),
  list('user:carol', 'viewer', 'order', { context: { hour: 10 } }),
  list('user:bob', 'nope', 'order'),
  list('user:bob', 'owner', 'nope'),
  list('nope:bob', 'owner', 'order'),
  list('bob', 'owner', 'order'),
  list('', 'owner', 'order'),
  ['POST', '/streamed-list-objects', { user: 'user:bob', relation: 'can_read', type: 'order' }],
  ['POST', '/streamed-list-objects', { user: 'user:bob', relation: 'nope', type: 'order' }],
  users(order, 'can_read', [{ type: 'user' }]),
  users({ type: 'order', id: '4' }, 'can_read', [{ type: 'user' }]),
  users(order, 'viewer', [{ type: 'group', relation: 'member' }]),
  users(order, 'can_read', []),
  users(order, 'can_read', [{ type: 'user' }, { type: 'group' }]),
  users(order, 'can_read', [{ type: 'nope' }]),
  users(order, 'can_read', [{ type: 'group', relation: 'nope' }]),
  users(order, 'nope', [{ type: 'user' }]),
  users({ type: 'nope', id: '1' }, 'owner', [{ type: 'user' }]),
  users({ type: 'order' }, 'owner', [{ type: 'user' }]),
  users({ type: 'order', id: '3' }, 'viewer', [{ type: 'user' }]),
  // Trees.
  ...['owner', 'viewer', 'can_read', 'can_sign'].map((relation) => ['POST', '/expand', { tuple_key: { relation, object: 'order:1' } }]),
  ['POST', '/expand', { tuple_key: { relation: 'viewer', object: 'order:3' } }],
  ['POST', '/expand', { tuple_key: { relation: 'viewer', object: 'folder:public' } }],
  ['POST', '/expand', { tuple_key: { relation: 'viewer', object: 'folder:north' } }],
  ['POST', '/expand', { tuple_key: { relation: 'nope', object: 'order:1' } }],
  ['POST', '/expand', { tuple_key: { relation: 'owner', object: 'order' } }],
  ['POST', '/expand', { tuple_key: { relation: 'owner' } }],
  // What is stored.
  ['POST', '/read', { tuple_key: alice }],
  ['POST', '/read', { tuple_key: { object: 'order:1', user: 'user:alice' } }],
  ['POST', '/read', { tuple_key: { object: 'order:' } }],
  ['POST', '/read', { tuple_key: { object: 'order:', user: 'folder:north' } }],
  ['POST', '/read', { tuple_key: { object: 'order' } }],
  ['POST', '/read', { tuple_key: { user: 'user:alice' } }],
  ['POST', '/read', { tuple_key: { object: 'nope:1' } }],
  ['POST', '/read', { tuple_key: { object: 'order:1', relation: 'nope' } }],
  ['POST', '/read', { page_size: 0 }],
  ['POST', '/read', { page_size: 101 }],
  ['POST', '/read', { continuation_token: 'nonsense' }],
  ['GET', '/changes?type=group'],
  ['GET', '/changes?type=nope'],
  ['GET', '/changes?page_size=101'],
  ['GET', '/changes?continuation_token=nonsense'],
  ['GET', '/changes?start_time=nonsense'],
  // Assertions.
  ['GET', '/assertions/{model}'],
  ['PUT', '/assertions/{model}', { assertions: [{ tuple_key: alice, expectation: true }] }],
  ['GET', '/assertions/{model}'],
  ['PUT', '/assertions/{model}', { assertions: [{ tuple_key: key('user:alice', 'nope', 'order:1'), expectation: true }] }],
  ['PUT', '/assertions/{model}', { assertions: [{ tuple_key: key('alice', 'owner', 'order:1'), expectation: true }] }],
  ['PUT', '/assertions/{model}', { assertions: many(101, () => ({ tuple_key: alice, expectation: true })) }],
  ['PUT', `/assertions/${unknown}`, { assertions: [] }],
  ['GET', `/assertions/${unknown}`],
  // Stores.
  ['GET', ''],
  ['POST', './stores', { name: 'ab' }],
  ['POST', './stores', { name: 'what?' }],
  ['POST', './stores', {}],
  ['GET', './stores?page_size=101'],
  ['GET', './stores?continuation_token=nonsense'],
  ['GET', `./stores/${unknown}`],
  ['GET', './stores/nonsense'],
  ['POST', `./stores/${unknown}/check`, { tuple_key: alice }],
  ['GET', '/nonsense'],
  ['DELETE', ''],
  ['GET', ''],
  ['DELETE', ''],
  check('user:alice', 'owner', 'order:1'),
]

/** What may differ from one run to the next. */
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

function steady(value, ids) {
  if (Array.isArray(value)) return value.map((one) => steady(one, ids))
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.keys(value).sort().map((name) => {
      if (name === 'continuation_token' && value[name]) return [name, '{token}']
      return [name, steady(value[name], ids)]
    }))
  }
  if (typeof value !== 'string') return value
  if (MOMENT.test(value)) return '{moment}'
  return ids.reduce((text, [id, name]) => text.replaceAll(id, name), value)
}

/** Lists that have no order. */
function ordered(body) {
  const byText = (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
  if (Array.isArray(body)) return body.sort(byText)
  for (const name of ['objects', 'users', 'tuples']) {
    if (Array.isArray(body?.[name])) body[name].sort(byText)
  }
  return body
}

/** Sends every request to a server and gives what it answered. */
export async function exchange(url) {
  const send = async (method, path, body) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(`${url}${path}`, { method, body: text, headers: { 'content-type': 'application/json' } })
    const said = await response.text()
    const lines = said.split('\n').filter(Boolean)
    let json
    try { json = lines.length > 1 ? lines.map((line) => JSON.parse(line)) : JSON.parse(said) } catch { json = said }
    return { status: response.status, body: json }
  }
  const { body: { id: store } } = await send('POST', '/stores', { name: 'Exchanges' })
  const ids = [[store, '{store}']]
  const answers = []
  for (const [method, path, body] of EXCHANGES) {
    const model = ids[1]?.[0] ?? unknown
    const full = path.startsWith('.') ? path.slice(1) : `/stores/${store}${path}`
    const answer = await send(method, full.replace('{model}', model), body)
    if (ids.length < 2 && answer.body?.authorization_model_id) ids.push([answer.body.authorization_model_id, '{model}'])
    const asked = body === undefined ? '' : ` ${typeof body === 'string' ? body : JSON.stringify(body)}`
    answers.push({
      request: `${method} ${path}${asked.length > 200 ? `${asked.slice(0, 200)}…` : asked}`,
      status: answer.status,
      body: steady(ordered(answer.body), ids),
    })
  }
  return answers
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const answers = await exchange(argv[2])
  console.log(`[\n${answers.map((answer) => JSON.stringify(answer)).join(',\n')}\n]`)
}
