import { afterAll, beforeAll, test } from 'vitest'
import { startWorld, type TestWorld } from '../../world.ts'
import { expectAnswers } from './expect-answers.ts'

/** A small draw; test/faults/volume.e2e.test.ts takes the large one. */
const DRAW = { messages: 500, bodies: 200, seed: 20_261 }
const PATIENCE_MS = 90_000

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

test(
  `given ${DRAW.messages} fuzzed messages and ${DRAW.bodies} bodies, then each has one answer and orders go on`,
  () => expectAnswers(world, { ...DRAW, patienceMs: PATIENCE_MS }),
  PATIENCE_MS + 60_000,
)
