/** Whatever is killed, paused or away, and whenever: nothing is lost, done twice or rewritten. */
import { describe } from 'vitest'
import { play } from './play.ts'
import { whole } from './scenarios.ts'

describe('given one process per service, and faults one after the other', () => {
  play(whole, { ownServers: true })
})
