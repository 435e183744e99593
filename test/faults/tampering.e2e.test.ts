/** Tampering by the ten thousand; npm test takes a smaller draw (packages/trail, verify.fuzz). */
import { TAMPERINGS, tallyOf } from '@prooftrail/testing/tampering'
import { expect, test } from 'vitest'

/** TAMPERED and TAMPERED_SEED draw more, or others. */
const TAMPERED = Number(process.env.TAMPERED ?? 10_000)
const SEED = Number(process.env.TAMPERED_SEED ?? 20_260_302)
/** Cuts of revisions: the examples have three in all. */
const FEWEST = 3

test(`of ${TAMPERED} changed trails none verifies, and each is answered with the place that was changed`, () => {
  const { classes, kinds, verified, misplaced } = tallyOf(TAMPERED, SEED)
  const counts = Object.keys(TAMPERINGS).map((name) => [name, classes.get(name) ?? 0] as const)
  const lines = counts.map(([name, n]) => `  ${String(n).padStart(6)}  ${name}`)
  process.stdout.write(`changed trails (seed ${SEED})\n${lines.join('\n')}\n`)
  expect(counts.filter(([, n]) => n < FEWEST)).toEqual([])
  expect(kinds.size).toBe(9)
  expect(verified).toEqual([])
  expect(misplaced).toEqual([])
}, 600_000)
