// The lab in a real browser: six lanes with real tokens, and a change that each lane sees in its
// own time.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

import { Dev } from './support.js'

let dev
let browser

before(async () => {
  dev = await (await Dev.start()).ready()
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
})

after(async () => {
  await browser?.close()
  await dev.stop()
})

const LANES = ['claims-in-jwt', 'userinfo-per-request', 'introspection-per-request', 'encrypted-jwt', 'fresh', 'fresh-jwt']

async function signedIn(options = {}) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const problems = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => { if (/Content Security Policy/i.test(message.text())) problems.push(message.text()) })
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

for (const [name, options] of [
  ['wide and light', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['narrow and dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
]) {
  test(`nothing overflows, ${name}`, async () => {
    const { page, context } = await signedIn(options)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(overflow <= 1, `the page is ${overflow} pixels too wide`)
    await context.close()
  })
}
