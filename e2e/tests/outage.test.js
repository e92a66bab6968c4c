// Acceptance 15: when the issuer is gone, guards answer until the lease ends, then say 503.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { tokens } from './sign-in.js'
import { Dev, until } from './support.js'

/** Collects answers until one has this status. */
async function collect(dev, token, wanted) {
  const seen = []
  await until(`${wanted}`, async () => {
    const { status, headers } = await dev.order('fresh', token)
    if (seen.at(-1)?.status !== status) seen.push({ status, retry: headers.get('retry-after') })
    return status === wanted
  })
  return seen
}

async function check(stop, back) {
  const dev = await (await Dev.start()).ready()
  const api = Number(new URL(dev.lane('fresh').url).port)
  try {
    const { access_token: token } = (await tokens(dev, [dev.lane('fresh').resource])).response
    assert.equal((await dev.order('fresh', token)).status, 200)
    await stop(dev)
    const down = await collect(dev, token, 503)
    assert.deepEqual(down.map(({ status }) => status), [200, 503], 'cache first, then 503, never 401')
    assert.ok(Number(down.at(-1).retry) >= 1, 'with Retry-After')
    await back(dev)
    const up = await collect(dev, token, 200)
    assert.ok(up.every(({ status }) => [200, 503].includes(status)), 'it recovers by itself')
  } finally {
    await dev.stop()
    await endDemoApi(api)
  }
}

/** A killed issuer can't stop its demo API; the test does. */
async function endDemoApi(port) {
  const { execFileSync } = await import('node:child_process')
  const listing = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
  for (const line of listing.split('\n')) {
    if (line.includes('demo-api') && line.includes(`--port ${port}`)) process.kill(Number.parseInt(line, 10), 'SIGKILL')
  }
}

test('a stopped issuer', async () => {
  await check(async (dev) => dev.signal('SIGSTOP'), async (dev) => dev.signal('SIGCONT'))
})

test('a killed issuer', async () => {
  await check((dev) => dev.kill(), (dev) => dev.launch(['--no-demo-api']))
})
