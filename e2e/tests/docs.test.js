// What a document shows is what happens: files are written, commands typed and programs run in the
// order of the page, and their output compared. `UPDATE_DOCS=1` writes what was seen into the page.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'

import { BINARY, Dev } from './support.js'

const DOCS = new URL('../../docs/', import.meta.url)
/** What the documents write for the development server. */
const WRITTEN = 'http://localhost:7070'

let dev
let directory
/** What the page has exported so far. */
const exported = {}

before(async () => {
  dev = await Dev.start(['--no-demo-api'])
  directory = await mkdtemp(join(tmpdir(), 'counterfoil-docs-'))
  await symlink(new URL('../node_modules', import.meta.url).pathname, join(directory, 'node_modules'))
})

after(async () => {
  await dev.stop()
  await rm(directory, { recursive: true, force: true })
})

/** The fenced blocks of a page: `{kind, file?, lines, at}`. */
function blocksOf(text) {
  const found = []
  let block
  for (const [at, line] of text.split('\n').entries()) {
    if (!block && line.startsWith('```')) {
      const [kind, ...more] = line.slice(3).split(' ')
      block = { kind, file: more.find((word) => word.startsWith('file='))?.slice(5), lines: [], at }
    } else if (block && line === '```') {
      found.push(block)
      block = undefined
    } else {
      block?.lines.push(line)
    }
  }
  return found
}

/** The commands of a console block, each with what it prints. */
function commandsOf(lines) {
  const commands = []
  for (const line of lines) {
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2), output: [] })
    else if (line.startsWith('> ')) commands.at(-1).command += `\n${line.slice(2)}`
    else commands.at(-1).output.push(line)
  }
  return commands
}

function shell(command) {
  const env = { ...process.env, ...exported, PATH: `${dirname(BINARY)}:${process.env.PATH}`, COLUMNS: '100', NO_COLOR: '1', FGA_API_URL: dev.issuer }
  const options = { cwd: directory, env, timeout: 60_000 }
  return new Promise((resolve) => {
    execFile('sh', ['-c', `exec 2>&1\n${command}`], options, (_, stdout) => resolve(stdout.replace(/\n$/, '')))
  })
}

/** Ids are drawn anew in each run, and the port is the test's. */
const plain = (text) => text
  .replaceAll(dev.issuer, WRITTEN)
  .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, '01J0000000000000000000000A')
  .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-01T00:00:00Z')

/** What a command prints. What it exports stays for those after it, as in a terminal. */
async function run(command) {
  const name = /^export (\w+)=/.exec(command)?.[1]
  const typed = command.replaceAll(WRITTEN, dev.issuer)
  if (!name) return plain(await shell(typed))
  const printed = await shell(`${typed}\nprintf '\\n%s' "$${name}"`)
  const at = printed.lastIndexOf('\n')
  exported[name] = printed.slice(at + 1)
  return plain(printed.slice(0, at).replace(/\n$/, ''))
}

for (const page of ['permissions.md']) {
  test(`${page} shows what happens`, async () => {
    const url = new URL(page, DOCS)
    let text = await readFile(url, 'utf8')
    let commands = 0
    for (const block of blocksOf(text)) {
      if (block.file) {
        await writeFile(join(directory, block.file), `${block.lines.join('\n')}\n`.replaceAll(WRITTEN, dev.issuer))
        continue
      }
      assert.equal(block.kind, 'console', `${page}:${block.at + 1}: a block is a file or a console`)
      const seen = []
      for (const { command, output } of commandsOf(block.lines)) {
        const got = await run(command)
        commands += 1
        seen.push(...`$ ${command}`.split('\n').map((line, place) => (place ? `> ${line}` : line)), ...(got ? got.split('\n') : []))
        if (!process.env.UPDATE_DOCS) assert.equal(got, plain(output.join('\n')), `${page}: ${command}`)
      }
      text = text.replace(block.lines.join('\n'), () => seen.join('\n'))
    }
    assert.ok(commands > 5, 'the page has commands')
    if (process.env.UPDATE_DOCS) await writeFile(url, text)
  })
}
