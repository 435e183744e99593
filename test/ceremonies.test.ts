/**
 * Ceremonies with keys that ask no server, done as their pages say: the commands are run from the pages,
 * in an empty folder. Those of agents, tools and witnesses are tried on real servers (test/tools/keys.e2e.test.ts,
 * test/journeys/log-over-time.e2e.test.ts).
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig as readAttestation } from '@prooftrail/attestation'
import { readConfig as readConsole } from '@prooftrail/console'
import { parseKeySet, type TrailKey } from '@prooftrail/trail'
import { parseKeyList } from '@prooftrail/trail/log'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { ROOT, readText } from './repo/files.ts'

const BIN = join(ROOT, 'packages/cli/bin/prooftrail.js')
const KEYS = 'deploy/keys'
const ORIGIN = 'prooftrail.example/log'
let dir = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'prooftrail-ceremony-'))
  const made = dir
  onTestFinished(() => rmSync(made, { recursive: true }))
})

/** What stands under a heading of a page, up to the next one. */
function section(page: string, heading: string): string {
  const [, text = ''] = readText(page).split(`\n## ${heading}\n`)
  return text.split('\n## ')[0] ?? ''
}

/** The lines of a section's first fence, and the code spans that begin with one of these words. */
const fenceOf = (text: string) => /```sh\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
const spansOf = (text: string, word: string) =>
  [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, span = '']) =>
    span.startsWith(word) ? [span] : [],
  )

/** Runs lines as somebody would type them, and answers what they print. @throws with it */
function type(lines: string): string {
  const script = `npx() { shift; node "${BIN}" "$@"; }\nset -e\n${lines}`
  return execFileSync('bash', ['-c', script], { cwd: dir, encoding: 'utf8', stdio: 'pipe' })
}

const path = (name: string) => join(dir, KEYS, name)
const listed = () => parseKeySet(readFileSync(path('services.keys.json'), 'utf8')).keys
const of = (keys: readonly TrailKey[], party: string) => keys.filter((key) => key.party === party)

/** The keys of a new deployment, as its page has them made. */
function make(): void {
  const [, line = ''] = /^(npx prooftrail keys make .*)$/m.exec(readText('deploy/README.md')) ?? []
  type(`mkdir -p deploy\n${line}`)
}

const rotation = section('deploy/README.md', 'Rotate a key')

test('given a new key of a service, then both are listed, the old one without an end', () => {
  make()
  const before = listed()
  type(fenceOf(rotation))
  const after = listed()
  expect(of(before, 'dispatch')).toHaveLength(2)
  // the key for operators, the old one and the new one
  expect(of(after, 'dispatch')).toHaveLength(3)
  expect(after.length).toBe(before.length + 1)
  expect(after).toEqual(expect.arrayContaining([...before]))
  expect(existsSync(join(dir, 'dispatch.old.jwk'))).toBe(true)
}, 120_000)

test('given a new key of the log, then attestation starts with both, and not without the old one listed', () => {
  make()
  const [move = ''] = spansOf(rotation, 'mv deploy/keys/log.jwk')
  type(
    `${move}\n${fenceOf(rotation)
      .split('\n')
      .find((line) => line.includes('keys make'))}`,
  )
  const env = {
    ...{ KEY_FILE: path('attestation.jwk'), LOG_KEY_FILE: path('log.jwk'), LOG_ORIGIN: ORIGIN },
    ...{ KEYS_FILE: path('services.keys.json'), LOG_KEY_PREVIOUS_FILE: join(dir, 'log.old.jwk') },
  }
  const { logKey, previousLogKey } = readAttestation(env)
  expect(of(listed(), ORIGIN).map(({ kid }) => kid)).toEqual([
    logKey.key_id,
    previousLogKey?.key_id,
  ])
  const alone = { keys: listed().filter(({ kid }) => kid !== previousLogKey?.key_id) }
  writeFileSync(path('services.keys.json'), JSON.stringify(alone))
  expect(() => readAttestation(env)).toThrow('LOG_KEY_PREVIOUS_FILE')
}, 120_000)

test('given keys of a release before, then those that are new are added, and the console starts', () => {
  make()
  rmSync(path('console.jwk'))
  const before = { keys: listed().filter(({ party }) => party !== 'console') }
  writeFileSync(path('services.keys.json'), JSON.stringify(before))
  const env = { KEY_FILE: path('console.jwk'), KEYS_FILE: path('services.keys.json') }
  expect(() => readConsole(env)).toThrow('KEY_FILE')
  make()
  expect(readConsole(env).key).toMatchObject({ party: 'console', roles: ['operator'] })
  expect(listed()).toEqual(expect.arrayContaining([...before.keys]))
}, 120_000)

test('given admins, then they sign the list, and each change of it, and take no key out', () => {
  make()
  const ceremony = section('docs/operating.md', 'The key ceremony')
  const [admin = ''] = spansOf(ceremony, 'npx prooftrail keys admin')
  const [sign = ''] = spansOf(ceremony, 'npx prooftrail keys sign')
  const as = (line: string, n: number) => line.replaceAll('admin-1', `admin-${n}`)
  const halves = [1, 2, 3].map((n) => {
    const [, half = ''] = /public half {2}(\{.*\})/.exec(type(as(admin, n))) ?? []
    return JSON.parse(half)
  })
  writeFileSync(join(dir, 'admins.json'), JSON.stringify({ threshold: 2, keys: halves }))
  expect(type(sign)).toContain('1 more must sign')
  expect(existsSync(path('key-lists/1.json'))).toBe(false)
  type(as(sign, 2))
  const first = parseKeyList(readFileSync(path('key-lists/1.json')))
  expect(first).toMatchObject({ version: 1, origin: ORIGIN, admins: { threshold: 2 } })

  type(fenceOf(rotation))
  const again = sign.replace(/ --admins \S+/, '')
  type(`${as(again, 3)}\n${as(again, 1)}`)
  const second = parseKeyList(readFileSync(path('key-lists/2.json')))
  expect(second.keys).toEqual(expect.arrayContaining([...listed()]))
  expect(second.keys).toHaveLength(first.keys.length + 1)

  writeFileSync(path('services.keys.json'), JSON.stringify({ keys: listed().slice(1) }))
  expect(() => type(as(again, 1))).toThrow('PT-8040')
}, 240_000)
