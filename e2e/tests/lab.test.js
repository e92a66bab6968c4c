// The lab in a real browser: six lanes with real tokens, and a change that each lane sees in its
// own time.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { LOOKS, launch, open, overflow } from './chromium.js'
import { Dev } from './support.js'

let dev
let browser

before(async () => {
  dev = await (await Dev.start()).ready()
  browser = await launch()
})

after(async () => {
  await browser?.close()
  await dev.stop()
})

const LANES = ['claims-in-jwt', 'userinfo-per-request', 'introspection-per-request', 'encrypted-jwt', 'fresh', 'fresh-jwt']

async function signedIn(options = {}) {
  const { page, context, problems } = await open(browser, options)
  await page.goto(dev.setup.lab)
  await page.click('[data-action="sign-in"]')
  await page.fill('input[name="username"]', 'alice')
  await page.fill('input[name="password"]', 'alice')
  await page.click('button[type="submit"]')
  for (const lane of LANES) {
    await page.waitForSelector(`[data-lane="${lane}"] [data-field="status"]:has-text("200")`, { timeout: 30_000 })
  }
  return { page, context, problems }
}

test('alice signs in and every lane answers', async () => {
  const { page, context, problems } = await signedIn()
  const learned = await page.textContent('[data-lane="fresh"]')
  assert.match(learned, /alice@example\.com/)
  assert.deepEqual(problems, [])
  await context.close()
})

test('a suspended user is refused in the fresh lane, and resuming needs a new sign-in', async () => {
  const { page, context, problems } = await signedIn()
  await page.click('[data-action="suspend"]')
  await page.waitForSelector('[data-lane="fresh"] [data-field="status"]:has-text("401")', { timeout: 30_000 })
  // The lane that carries claims in a plain JWT goes on as if nothing had happened.
  assert.match(await page.textContent('[data-lane="claims-in-jwt"] [data-field="status"]'), /200/)
  await page.click('[data-action="resume"]')
  await page.waitForSelector('[data-lane="fresh"] [data-field="status"]:has-text("401")', { timeout: 30_000 })
  assert.deepEqual(problems, [])
  await context.close()
})

test('a shared order opens to bob and closes again, and the page says why', async () => {
  const { page, context, problems } = await signedIn()
  const said = (person, text) => page.waitForSelector(`[data-person="${person}"] [data-field="status"]:has-text("${text}")`, { timeout: 30_000 })
  await said('alice', '200')
  await page.click('[data-action="sign-in-bob"]')
  await page.fill('input[name="username"]', 'bob')
  await page.fill('input[name="password"]', 'bob')
  await page.click('button[type="submit"]')
  await said('bob', '403')
  const why = () => page.textContent('[data-person="bob"] [data-field="why"]')
  assert.match(await why(), /can_read/)
  await page.click('[data-action="share"]')
  await said('bob', '200')
  assert.match(await why(), /reader/)
  await page.click('[data-action="unshare"]')
  await said('bob', '403')
  await said('alice', '200')
  assert.deepEqual(problems, [])
  await context.close()
})

for (const [name, options] of LOOKS) {
  test(`nothing overflows, ${name}`, async () => {
    const { page, context } = await signedIn(options)
    assert.ok(await overflow(page) <= 1, 'the page is too wide')
    await context.close()
  })
}
