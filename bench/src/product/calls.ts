import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** What one process, or one order, did: by the names of `KINDS`. */
export type Tally = Record<Kind, number>

/** What is counted, and which counts of bin/count-calls.js it is the sum of. */
export const KINDS = {
  encodes: ['call/packages/contracts/codec/encode'],
  decodes: ['call/packages/contracts/codec/decode'],
  opened: ['call/packages/contracts/avro/read-link/open'],
  canonicalizations: ['call/packages/trail/canonical/plainText'],
  hashes: ['crypto/hash', 'crypto/hmac'],
  signatures: ['crypto/sign'],
  verifications: ['crypto/verify'],
  read: ['bytes/kafka/in'],
  written: ['bytes/kafka/out'],
  stored: ['bytes/mongodb/out'],
  loaded: ['bytes/mongodb/in'],
  allocated: ['bytes/heap'],
} as const satisfies Record<string, readonly string[]>

export type Kind = keyof typeof KINDS

/** What every process counted since its start, by its service. */
export type Calls = Readonly<Record<string, Readonly<Record<string, number>>>>

const PROBE = fileURLToPath(new URL('../../bin/count-calls.js', import.meta.url))
const POLL_MS = 20
const LATE_MS = 20_000

/** Variables that make every service count; `dir` takes what they write. */
export function countingEnv(dir: string): Record<string, string> {
  return { NODE_OPTIONS: `--import ${PROBE}`, COUNTS_DIR: dir }
}

/** Asks every process what it counted up to now. @throws Error when one does not answer in time */
export async function readCalls(
  dir: string,
  services: Readonly<Record<string, number>>,
): Promise<Calls> {
  const entries = Object.entries(services).map(async ([name, pid]) => {
    const file = join(dir, `${pid}.json`)
    await rm(file, { force: true })
    process.kill(pid, 'SIGUSR2')
    for (const late = Date.now() + LATE_MS; ; await pause(POLL_MS)) {
      const text = await readFile(file, 'utf8').catch(() => undefined)
      if (text !== undefined) return [name, JSON.parse(text)] as const
      if (Date.now() > late) throw new Error(`${name} did not tell what it counted`)
    }
  })
  return Object.fromEntries(await Promise.all(entries))
}

/**
 * What each service did for an order, between two readings.
 * @throws Error for a count that is nowhere: the function that it names is called otherwise now
 */
export function tally(before: Calls, after: Calls, orders: number): Record<string, Tally> {
  const names = Object.values(KINDS).flat()
  const missing = names.filter((name) => !Object.values(after).some((one) => name in one))
  if (missing.length > 0) throw new Error(`nothing was counted as ${missing.join(', ')}`)
  return Object.fromEntries(
    Object.entries(after).map(([service, counts]) => {
      const each = (name: string) => (counts[name] ?? 0) - (before[service]?.[name] ?? 0)
      const sums = Object.entries(KINDS).map(([kind, parts]) => [
        kind,
        parts.reduce((sum, name) => sum + each(name), 0) / orders,
      ])
      // one entry per kind
      return [service, Object.fromEntries(sums) as Tally]
    }),
  )
}
