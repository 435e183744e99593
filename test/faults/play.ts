import { afterAll, beforeAll, test } from 'vitest'
import { type Books, closeBooks } from './books.ts'
import { type Deployment, openDeployment } from './deployment.ts'
import type { Scenario } from './scenario.ts'

const SCENARIO_MS = 300_000
const START_MS = 240_000

/** Plays scenarios on one deployment, each a test; the books of all of them are the last one. */
export function play(scenarios: readonly Scenario[], options: { ownServers: boolean }): void {
  let d: Deployment
  let books: Books | undefined

  beforeAll(async () => {
    d = await openDeployment(options.ownServers)
  }, START_MS)

  afterAll(async () => {
    if (d) process.stdout.write(d.journal.table(sumsOf(d, books)))
    await d?.stop()
  }, START_MS)

  for (const { promise, run, extraMs = 0 } of scenarios) {
    test(promise, () => run(d), SCENARIO_MS + extraMs)
  }

  test(
    'at the end accepted orders = trails = debits, accounts balance, every bundle verifies, one log',
    async () => {
      books = await closeBooks(d)
    },
    SCENARIO_MS + scenarios.reduce((sum, { extraMs = 0 }) => sum + extraMs, 0),
  )
}

function sumsOf({ traffic }: Deployment, books: Books | undefined) {
  const sent = traffic.sent.length
  if (!books) return [['orders sent', sent] as const]
  return [
    ['orders sent', sent] as const,
    ['accepted', books.accepted] as const,
    ['trails that verify', books.trails] as const,
    ['debits', books.debits] as const,
    ['lost', sent - books.trails] as const,
    ['callbacks that were repeated', books.repeated] as const,
  ]
}
