import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { honest, lies } from '@prooftrail/testing/lies'
import { expect, test } from 'vitest'

/** How many lies are drawn for the verifier in Python; half as many honest trails beside them. */
const LIES = Number(process.env.FOREIGN_LIES ?? 640)
const SEED = Number(process.env.LIES_SEED ?? 20_260_302)

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const script = file('foreign/python/verify_bundle.py')
const { status } = spawnSync('python3', ['-c', 'import cryptography'])
const ifPython = test.skipIf(status !== 0)

/** What the verifier says; it was written from docs/wire-format.md and docs/verify.md alone. */
function verifyInPython(args: readonly string[], input = '') {
  const options = { input, encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const { stdout, stderr, status: code } = spawnSync('python3', [script, ...args], options)
  return { said: stdout.trim().split('\n'), stderr, code }
}

ifPython(
  'a verifier written from the pages takes the vectors as ours does',
  () => {
    const { said, stderr, code } = verifyInPython(['--vectors', file('vectors')])
    expect(stderr).toBe('')
    expect(said).toEqual([expect.stringMatching(/^ok vectors: /)])
    expect(code).toBe(0)
  },
  120_000,
)

ifPython(
  `of ${LIES} generated lies it accepts none, and of honest trails it refuses none`,
  () => {
    const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
    const lines: string[] = []
    const add = (
      one: { of: string; what: string; bundle: unknown; keys: unknown },
      group: string,
      isHonest: boolean,
    ) => {
      const what = `${group} of ${one.of}: ${one.what}`
      const said = { bundle: text(one.bundle), keys: text(one.keys) }
      lines.push(JSON.stringify({ ...said, what, honest: isHonest }))
    }
    for (const lie of lies(LIES, SEED)) add(lie, lie.group, false)
    for (const one of honest(LIES / 2, SEED)) add(one, 'honest', true)
    const { said, stderr, code } = verifyInPython(['--stream'], lines.join('\n'))
    expect(stderr).toBe('')
    expect(said).toEqual([expect.stringMatching(/^ok /)])
    expect(code).toBe(0)
  },
  300_000,
)
