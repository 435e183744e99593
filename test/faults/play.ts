import { afterAll, beforeAll, test } from 'vitest'
import { type Books, closeBooks } from './books.ts'
import { type Deployment, type DeploymentOptions, openDeployment } from './deployment.ts'
import type { Scenario } from './scenario.ts'

const SCENARIO_MS = 300_000
const START_MS = 240_000

export interface PlayOptions extends DeploymentOptions {
  /** Played when the books are closed: what nothing survives. */
  last?: readonly Scenario[]
  /** What is printed at the end. @param books undefined where they could not be closed */
  table?: (d: Deployment, books: Books | undefined) => string
}

/**
 * Plays scenarios on one deployment, each a test; then the books of all of them are closed.
 * @param options what it is played on, what is played after the books, and how it is told
 */
export function play(
  scenarios: readonly Scenario[],
  { last = [], table = tableOf, ...options }: PlayOptions,
): void {
  let d: Deployment
  let books: Books | undefined

  beforeAll(async () => {
    d = await openDeployment(options)
  }, START_MS)

  afterAll(async () => {
    if (d) process.stdout.write(table(d, books))
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

  for (const { promise, run, extraMs = 0 } of last) {
    test(promise, () => run(d), SCENARIO_MS + extraMs)
  }
}

function tableOf(d: Deployment, books: Books | undefined): string {
  return d.journal.table(sumsOf(d, books))
}

function sumsOf({ traffic }: Deployment, books: Books | undefined) {
  const sent = traffic.sent.length
  if (!books) return [['orders sent', sent] as const]
  return [
    ['orders sent', sent] as const,
    ['accepted', books.accepted] as const,
    ['trails that verify', books.trails] as const,
    ['debits', books.debits] as const,
    ['lost', books.lost] as const,
    ['callbacks that were repeated', books.repeated] as const,
  ]
}
