// The permissions page in a real browser: what is written shows at once, in every answer.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'

import { LOOKS, launch, open, overflow } from './chromium.js'
import { Dev } from './support.js'

let dev
let browser

before(async () => {
  dev = await Dev.start(['--no-demo-api'])
  browser = await launch()
})

after(async () => {
  await browser?.close()
  await dev.stop()
})

async function opened(options = {}) {
  const { page, context, problems } = await open(browser, { acceptDownloads: true, ...options })
  await page.goto(`${dev.issuer}/permissions`)
  await page.waitForSelector('.perm[data-state="ready"]')
  await page.waitForSelector('[data-field="live"][data-tone="good"]')
  return { page, context, problems }
}

/** Fills a form of a user, a relation and an object, and sends it. */
async function say(page, form, user, relation, object) {
  await page.fill(`#${form}-user`, user)
  await page.fill(`#${form}-relation`, relation)
  await page.fill(`#${form}-object`, object)
  await page.click(`#${form}-form button[type="submit"]`)
}

const verdict = (page, question, text) =>
  page.waitForSelector(`[data-watch="${question}"] .badge:has-text("${text}")`)

const MODEL = `model
  schema 1.1

type user

type team
  relations
    define member: [user, team#member]

type page
  relations
    define author: [user]
    define banned: [user]
    define can_edit: author or can_edit from parent
    define can_read: ([user, team#member] or can_edit) but not banned
    define parent: [page]
`

/** Makes a store with the model above and opens it. */
async function withModel(page, name) {
  await page.fill('#store-name', name)
  await page.click('#store-form button')
  await page.waitForSelector(`#store option:checked:has-text("${name}")`, { state: 'attached' })
  await page.waitForFunction(() => document.querySelector('[data-field="verdict"]').dataset.tone === 'warn')
  await page.fill('#model', MODEL)
  await page.waitForSelector('[data-field="verdict"][data-tone="good"]')
  await page.click('[data-action="save"]')
  await page.waitForFunction(() => document.querySelectorAll('#version option').length === 1)
}

test('a watched question turns when a relationship comes and goes', async () => {
  const { page, context, problems } = await opened()
  await withModel(page, 'watched')
  await say(page, 'watch', 'user:ann', 'can_read', 'page:1')
  await verdict(page, 'user:ann can_read page:1', 'denied')
  await say(page, 'tuple', 'team:a#member', 'can_read', 'page:1')
  await say(page, 'tuple', 'user:ann', 'member', 'team:a')
  await verdict(page, 'user:ann can_read page:1', 'allowed')
  await page.click('[data-watch] button:has-text("Why?")')
  await page.waitForSelector('[data-field="why"] :text("team:a")')
  // Somebody else writes: the page hears of it.
  const store = await page.inputValue('#store')
  const banned = { user: 'user:ann', relation: 'banned', object: 'page:1' }
  const written = await fetch(`${dev.issuer}/stores/${store}/write`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ writes: { tuple_keys: [banned] } }),
  })
  assert.equal(written.status, 200)
  await verdict(page, 'user:ann can_read page:1', 'denied')
  await page.click('tr:has-text("banned") button:has-text("Delete")')
  await verdict(page, 'user:ann can_read page:1', 'allowed')
  assert.deepEqual(problems, [])
  await context.close()
})

test('the editor says where it is wrong while it is written', async () => {
  const { page, context, problems } = await opened()
  await withModel(page, 'written')
  await page.fill('#model', MODEL.replace('[user, team#member]', '[usr, team#member]'))
  await page.waitForSelector('[data-field="problems"] li:has-text("did you mean `user`?")')
  await page.click('[data-field="problems"] button')
  const place = await page.evaluate(() => document.getElementById('model').selectionStart)
  const line = (at) => MODEL.slice(0, at).split('\n').length
  assert.equal(line(place), line(MODEL.indexOf('[user, team#member]')))
  await page.click('[data-action="revert"]')
  await page.waitForSelector('[data-field="verdict"][data-tone="good"]')
  assert.deepEqual(problems, [])
  await context.close()
})

test('the drawing and the table say the same', async () => {
  const { page, context } = await opened()
  await withModel(page, 'drawn')
  await page.click('[data-view="graph"]')
  const drawn = await page.$$eval('[data-field="graph"] path title', (titles) => titles.map((title) => title.textContent))
  assert.ok(drawn.includes('page#can_read follows from team#member'), drawn.join('\n'))
  await page.click('[data-view="table"]')
  const rows = await page.$$eval('[data-field="table"] tr', (found) => found.map((row) => [...row.children].map((cell) => cell.textContent).join(' | ')))
  assert.ok(rows.includes('page#can_edit | nobody directly | author of the same object, can_edit of its parent'), rows.join('\n'))
  await context.close()
})

test('tests are run, kept with the version, and shared with the rest as a file', async () => {
  const { page, context, problems } = await opened()
  await withModel(page, 'tested')
  await say(page, 'tuple', 'user:ann', 'author', 'page:1')
  await page.waitForSelector('[data-field="tuples"] tr:has-text("author")')
  await say(page, 'test', 'user:ann', 'can_read', 'page:1')
  await page.selectOption('#test-expected', 'false')
  await say(page, 'test', 'user:bob', 'can_read', 'page:1')
  await page.click('[data-action="run-tests"]')
  await page.waitForSelector('[data-field="tests-verdict"][data-tone="good"]:has-text("all 2 hold")')
  await page.click('[data-action="save-tests"]')
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-action="download"]')])
  assert.equal(download.suggestedFilename(), 'tested.fga.yaml')
  const file = await download.path()
  assert.match(await readFile(file, 'utf8'), /define can_edit: author or can_edit from parent/)
  await page.fill('#store-name', 'opened again')
  await page.click('#store-form button')
  await page.waitForSelector('#store option:checked:has-text("opened again")', { state: 'attached' })
  await page.setInputFiles('#file', file)
  await page.waitForSelector('[data-field="tuples"] tr:has-text("author")')
  await page.click('[data-action="run-tests"]')
  await page.waitForSelector('[data-field="tests-verdict"][data-tone="good"]:has-text("all 2 hold")')
  assert.deepEqual(problems, [])
  await context.close()
})

test('development mode begins with a worked example', async () => {
  const { page, context, problems } = await opened()
  assert.equal(await page.inputValue('#store'), dev.setup.permissions.store_id)
  assert.match(await page.inputValue('#model'), /type order/)
  await page.waitForSelector('[data-field="tuples"] tr:has-text("order:1")')
  assert.deepEqual(problems, [])
  await context.close()
})

for (const [name, options] of LOOKS) {
  test(`nothing overflows, ${name}`, async () => {
    const { page, context } = await opened(options)
    for (const view of ['text', 'graph', 'table']) {
      await page.click(`[data-view="${view}"]`)
      assert.ok(await overflow(page) <= 1, `${view}: the page is too wide`)
    }
    await context.close()
  })
}
