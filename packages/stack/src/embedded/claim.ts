import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StackAddresses } from '../addresses.ts'
import { StackError } from '../stack-error.ts'
import { identifyProcess } from './process-table.ts'

/** What `stack.json` in a data directory says: who runs a stack on it, and where that answers. */
export interface StackRecord {
  pid: number
  /** Start time of the process, so that its number alone is not trusted. */
  identity: string
  /** RFC 3339. */
  since: string
  /** Missing while the stack starts. */
  addresses?: StackAddresses
  /** Process numbers of the servers. */
  parts?: Record<string, number>
}

export interface Claim {
  /** Says more about the running stack; whoever reads sees the old record or the new one. */
  publish(more: Pick<StackRecord, 'addresses' | 'parts'>): Promise<void>
  release(): Promise<void>
}

/** The file that both claims a data directory and tells others where its stack answers. */
export function recordFile(dataDir: string): string {
  return join(dataDir, 'stack.json')
}

/**
 * Claims a data directory for this process. Of several that try, one succeeds. The claim of a process that no longer
 * runs does not count.
 *
 * @throws StackError STACK_ALREADY_RUNNING with who runs it since when, where it answers and what to do
 */
export async function claimDataDir(dataDir: string, now: () => Date): Promise<Claim> {
  const file = recordFile(dataDir)
  const record: StackRecord = {
    pid: process.pid,
    identity: (await identifyProcess(process.pid)) ?? 'unknown',
    since: now().toISOString(),
  }
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(record))
  try {
    while (!(await linked(draft, file))) await removeStale(file, dataDir)
  } finally {
    await rm(draft, { force: true })
  }
  return {
    publish: async (more) => {
      const next = `${file}.${randomUUID()}`
      // it may name the credentials of the brokers' administrator
      await writeFile(next, `${JSON.stringify({ ...record, ...more }, null, 2)}\n`, { mode: 0o600 })
      await rename(next, file)
    },
    release: () => rm(file, { force: true }),
  }
}

/** The record of the stack that runs on a data directory; undefined when none runs. */
export async function readLiveRecord(dataDir: string): Promise<StackRecord | undefined> {
  return liveRecord(recordFile(dataDir))
}

async function liveRecord(file: string): Promise<StackRecord | undefined> {
  const record = parseRecord(await readFile(file, 'utf8').catch(() => ''))
  return record && isAlive(record, await identifyProcess(record.pid)) ? record : undefined
}

/** Whether the process that wrote a record is the one that has its number now. */
export function isAlive(record: StackRecord, identityNow: string | undefined): boolean {
  return identityNow !== undefined && identityNow === record.identity
}

/** A record from its text; undefined when it is not one. */
export function parseRecord(text: string): StackRecord | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is StackRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isInteger(value.pid) &&
    'identity' in value &&
    typeof value.identity === 'string' &&
    'since' in value &&
    typeof value.since === 'string'
  )
}

async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function removeStale(file: string, dataDir: string): Promise<void> {
  const running = await liveRecord(file)
  if (running) throw alreadyRunning(running, dataDir)
  const aside = `${file}.${randomUUID()}`
  try {
    await rename(file, aside)
  } catch {
    // another process has moved it; the next round sees what is there now
    return
  }
  // between reading and moving another process may have claimed the directory: then its claim is put back
  if (await liveRecord(aside)) await linked(aside, file)
  await rm(aside, { force: true })
}

/** Says who runs the stack and how to use or stop it. */
export function alreadyRunning(record: StackRecord, dataDir: string): StackError {
  const { addresses } = record
  const where = addresses
    ? `It answers at KAFKA_BROKERS=${addresses.kafka.brokers.join(',')} ` +
      `SCHEMA_REGISTRY_URL=${addresses.registry.url} MONGODB_URL=${addresses.mongodb.url}: set these to use it`
    : 'It is still starting: wait until it is ready to use it'
  return new StackError(
    'STACK_ALREADY_RUNNING',
    `A stack already runs on ${dataDir}: process ${record.pid}, since ${record.since}. ${where}, ` +
      `stop it with "kill ${record.pid}", or start this one on another data directory.`,
  )
}
