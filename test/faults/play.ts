import { afterAll, beforeAll, test } from 'vitest'
import { type Books, closeBooks } from './books.ts'
import { type Deployment, type DeploymentOptions, openDeployment } from './deployment.ts'
import type { Scenario } from './scenario.ts'

const SCENARIO_MS = 300_000
const START_MS = 240_000

/**
 * Plays scenarios on one deployment, each a test; then the books of all of them are closed.
 * @param last played after that: what nothing survives
 */
export function play(
  scenarios: readonly Scenario[],
  { last = [], ...options }: DeploymentOptions & { last?: readonly Scenario[] },
): void {
  let d: Deployment
  let sums: ReturnType<typeof sumsOf> | undefined

  beforeAll(async () => {
    d = await openDeployment(options)
  }, START_MS)

  afterAll(async () => {
    if (d) process.stdout.write(d.journal.table(sums ?? sumsOf(d, undefined)))
    await d?.stop()
  }, START_MS)

  for (const { promise, run, extraMs = 0 } of scenarios) {
    test(promise, () => run(d), SCENARIO_MS + extraMs)
  }

  test(
    'at the end accepted orders = trails = debits, accounts balance, every bundle verifies, one log',
    async () => {
      sums = sumsOf(d, await closeBooks(d))
    },
    SCENARIO_MS + scenarios.reduce((sum, { extraMs = 0 }) => sum + extraMs, 0),
  )

  for (const { promise, run, extraMs = 0 } of last) {
    test(promise, () => run(d), SCENARIO_MS + extraMs)
  }
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
