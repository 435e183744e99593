/** Every seed that failed once, and the one that `npm run chaos` is given. */
import { readFileSync } from 'node:fs'
import { describe } from 'vitest'
import { playChaos, type Seed } from './chaos.ts'

const { CHAOS_SEED, CHAOS_SECONDS } = process.env
const list: Seed[] = JSON.parse(readFileSync(new URL('../seeds.json', import.meta.url), 'utf8'))
const asked = CHAOS_SEED && [{ seed: Number(CHAOS_SEED), seconds: Number(CHAOS_SECONDS ?? 60) }]

describe('given servers of its own, load of three tools, faults and hasty people', () => {
  playChaos(asked || list, true)
})
