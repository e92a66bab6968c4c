// Requests of every kind get from Counterfoil what they got from OpenFGA 1.22.1: the same status, the
// same code, the same body. Our own fields are extra, and errors are told in our own words.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'

import { exchange } from '../permissions/exchanges.js'
import { Dev } from './support.js'

const recorded = new URL('../permissions/openfga-answers.json', import.meta.url)

/** Requests that are answered otherwise on purpose: what is answered, and why. */
const BAD_TOKEN = [400, 'invalid_continuation_token'] // never 500 for a caller's mistake
const NO_STORE = [404, 'store_id_not_found'] // OpenFGA answers from deleted stores, and takes unknown ones for empty
const OTHERWISE = new Map([
  ['GET /authorization-models?continuation_token=nonsense', BAD_TOKEN],
  ['GET ./stores?continuation_token=nonsense', BAD_TOKEN],
  ['POST ./stores/01ARZ3NDEKTSV4RRFFQ69G5FAV/check {"tuple_key":{"user":"user:alice","relation":"owner","object":"order:1"}}', NO_STORE],
  ['DELETE  #2', NO_STORE],
  ['POST /check {"tuple_key":{"user":"user:alice","relation":"owner","object":"order:1"}} #2', NO_STORE],
  // Of two faults the other is named.
  ['POST /authorization-models {}', [400, 'validation_error']],
  // OpenFGA takes an unknown word for the default.
  ['POST /check {"tuple_key":{"user":"user:alice","relation":"owner","object":"order:1"},"consistency":"NONSENSE"}', [400, 'validation_error']],
  // A code instead of gRPC's number, as everywhere else.
  ['POST /streamed-list-objects {"user":"user:bob","relation":"nope","type":"order"}', [400, 'relation_not_found']],
  // Where nothing changed yet there is a place to go on from all the same.
  ['GET /changes?type=nope', [200, { continuation_token: '{token}' }]],
  ['GET /changes?start_time=nonsense', [400, 'invalid_start_time']],
])

let dev

before(async () => {
  dev = await Dev.start()
})

after(() => dev?.stop())

/** Fields of ours that OpenFGA doesn't have, and messages within results. */
const OWN = new Set(['revision', 'message'])

/** Without what is empty, which JSON of protobuf may leave out, and without our own fields. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain)
  if (!value || typeof value !== 'object') return value
  const members = Object.entries(value).filter(([name]) => !OWN.has(name))
  const full = members.map(([name, member]) => [name, plain(member)]).filter(([, member]) => {
    if (member === null || member === '') return false
    return typeof member !== 'object' || Object.keys(member).length > 0
  })
  return Object.fromEntries(full)
}

/** What must be the same: of an error its code, since we tell errors in our own words. */
function summary({ status, body }) {
  return [status, status < 400 ? plain(body) : (body.code ?? body)]
}

test('requests of every kind are answered as OpenFGA answers them', async () => {
  const theirs = JSON.parse(await readFile(recorded, 'utf8'))
  const ours = await exchange(dev.setup.permissions.api_url)
  assert.equal(ours.length, theirs.length)
  const left = new Set(OTHERWISE.keys())
  const times = new Map()
  const differ = []
  for (const [at, our] of ours.entries()) {
    assert.equal(our.request, theirs[at].request)
    const time = (times.get(our.request) ?? 0) + 1
    times.set(our.request, time)
    const name = time === 1 ? our.request : `${our.request} #${time}`
    left.delete(name)
    const [got, expected] = [summary(our), OTHERWISE.get(name) ?? summary(theirs[at])]
    if (!isDeepStrictEqual(got, expected)) differ.push([name, got, our.body?.message, expected].map((part) => JSON.stringify(part)).join('\n  '))
  }
  assert.equal(differ.length, 0, differ.join('\n'))
  assert.deepEqual([...left], [], 'these are not asked any more')
})
