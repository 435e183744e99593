/** A short draw of the faults, for every run of the tests. */
import { describe } from 'vitest'
import { play } from './play.ts'
import { draw } from './scenarios.ts'

describe('given one process per service, and a few faults', () => {
  play(draw, { ownServers: false })
})
