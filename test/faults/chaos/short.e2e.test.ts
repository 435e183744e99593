/** A short draw of chaos, for every run of the tests: services break, the servers are shared. */
import { describe } from 'vitest'
import { playChaos } from './chaos.ts'

describe('given load of three tools, faults and hasty people', () => {
  playChaos([{ seed: 20_260_302, seconds: 15 }], false)
})
