import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { anyChange, type Honest, honest, lies } from '@prooftrail/testing/lies'
import { growTree } from '@prooftrail/testing/trail'
import { verifyTrail } from '@prooftrail/trail'
import { consistencyProof, rootAt } from '@prooftrail/trail/log'
import { expect, test } from 'vitest'

/** How many lies and changes are drawn for the verifier in Python; half as many honest trails. */
const DRAWN = Number(process.env.FOREIGN_LIES ?? 160)
const SEED = Number(process.env.LIES_SEED ?? 20_260_302)
const PATIENCE_MS = 300_000 + DRAWN * 300

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const script = file('foreign/python/verify_bundle.py')
const { status } = spawnSync('python3', ['-c', 'import cryptography'])
const ifPython = test.skipIf(status !== 0)

/** What the verifier says; it was written from docs/wire-format.md and docs/verify.md. */
function verifyInPython(args: readonly string[], input: readonly string[] = []) {
  const options = { input: input.join('\n'), encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const { stdout, stderr, status: code } = spawnSync('python3', [script, ...args], options)
  return { said: stdout.trim().split('\n'), stderr, code }
}

const fine = { said: [expect.stringMatching(/^ok /)], stderr: '', code: 0 }
const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** A trail as the verifier takes it from its input, with what it should say. */
function lineOf({ of, what, bundle, keys }: Honest, group: string, isHonest: boolean): string {
  const said = { bundle: text(bundle), keys: text(keys), honest: isHonest }
  return JSON.stringify({ ...said, what: `${group} of ${of}: ${what}` })
}

ifPython(
  'a verifier written from the pages takes the vectors as ours does',
  () => {
    expect(verifyInPython(['--vectors', file('vectors')])).toEqual(fine)
  },
  PATIENCE_MS,
)

ifPython(
  `of ${DRAWN} generated lies it accepts none, and of honest trails it refuses none`,
  () => {
    const lines = [
      ...[...lies(DRAWN, SEED)].map((lie) => lineOf(lie, lie.group, false)),
      ...[...honest(DRAWN / 2, SEED)].map((one) => lineOf(one, 'honest', true)),
    ]
    expect(verifyInPython(['--stream'], lines)).toEqual(fine)
  },
  PATIENCE_MS,
)

ifPython(
  `of ${DRAWN} trails with any one value changed it says what ours says`,
  () => {
    const lines = [...anyChange(DRAWN, SEED)].map((one) => {
      const { ok, problems } = verifyTrail(text(one.bundle), text(one.keys))
      return lineOf(one, problems.map(({ code }) => code).join() || 'verifies', ok)
    })
    expect(verifyInPython(['--stream'], lines)).toEqual(fine)
  },
  PATIENCE_MS,
)

/** Needs nothing but the standard library. */
const hasPython = spawnSync('python3', ['-c', '']).status === 0

test.skipIf(!hasPython)(
  'between any two sizes up to 200 the proof is the one of the definition',
  () => {
    const size = 200
    const leaves = Array.from({ length: size }, (_, i) => `leaf ${i}`)
    const { get } = growTree(leaves.map((leaf) => new TextEncoder().encode(leaf)))
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
    const sizes = Array.from({ length: size + 1 }, (_, i) => i)
    const proofs = sizes.flatMap((to) =>
      sizes.slice(0, to + 1).map((from) => [from, to, consistencyProof(from, to, get).map(base64)]),
    )
    const given = { leaves, roots: sizes.map((one) => base64(rootAt(one, get))), proofs }
    const options = { input: JSON.stringify(given), encoding: 'utf8', maxBuffer: 2 ** 28 } as const
    const { stdout } = spawnSync('python3', [file('foreign/python/check_log.py')], options)
    expect(stdout.trim()).toBe(`ok 201 roots, ${(201 * 202) / 2} proofs, 0 wrong`)
  },
  PATIENCE_MS,
)
