import type { StackAddresses } from '@prooftrail/stack'
import { MongoClient } from 'mongodb'
import { withAdmin } from '../kafka-client.ts'

/** Why a server gives no answer, of those that give none. */
export type Away = Partial<Record<keyof StackAddresses, string>>

const PATIENCE_MS = 10_000

/** Asks each of the three what anybody may ask. An outage is an answer too. */
export async function askServers(
  { kafka, registry, mongodb }: StackAddresses,
  patienceMs: number = PATIENCE_MS,
): Promise<Away> {
  const asked = {
    kafka: withAdmin(kafka, 'prooftrail-doctor', async () => undefined),
    registry: askRegistry(registry, patienceMs),
    mongodb: askMongo(mongodb.url, patienceMs),
  }
  const away = await Promise.all(
    Object.entries(asked).map(async ([name, answer]) => [name, await whyNot(answer, patienceMs)]),
  )
  return Object.fromEntries(away.filter(([, why]) => why !== undefined))
}

/** Any answer will do: who may read what is not the question. */
async function askRegistry({ url }: StackAddresses['registry'], patienceMs: number): Promise<void> {
  const answer = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(patienceMs) })
  if (answer.status >= 500) throw new Error(`HTTP ${answer.status}`)
}

async function askMongo(url: string, patienceMs: number): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: patienceMs / 2 })
  try {
    await client.db('admin').command({ ping: 1 })
  } finally {
    await client.close()
  }
}

/** The failure of a question, or that nothing came in time. */
async function whyNot(answer: Promise<void>, patienceMs: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('does not answer'), patienceMs)
  })
  const failed = answer.then(() => undefined, whyOf)
  try {
    return await Promise.race([failed, tooLong])
  } finally {
    clearTimeout(timer)
  }
}

/** What a failure says; of a `fetch`, what its cause says. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
