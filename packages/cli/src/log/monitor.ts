import { readFileSync } from 'node:fs'
import { type KeySet, verifyTrail } from '@prooftrail/trail'
import {
  applyPolicy,
  type Checkpoint,
  growthOf,
  type Policy,
  parseCheckpoint,
  parsePolicy,
} from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { openSigned, readKeys, reasonOf } from './known-keys.ts'
import type { Memory } from './monitor-memory.ts'
import type { LogSource } from './source.ts'

/** Something that a log must never do, or must not do for so long. */
export interface Alarm {
  code: 'PT-8031' | 'PT-8032' | 'PT-8034' | 'PT-8035' | 'PT-8036' | 'PT-8037' | 'PT-8038'
  detail: string
}

/** What one look at a log found. */
export interface Look {
  origin?: string
  size?: number
  /** How many leaves are new since the look before. */
  grown?: number
  /** Whose cosignatures count, with a policy. */
  cosigned?: { name: string; time: number }[]
  alarms: Alarm[]
  /** The checkpoint that was known, and the one that does not go with it. */
  evidence?: { known: string; shown: string }
}

export interface MonitorOptions {
  keys: string
  policy?: string
  /** Bundles whose entries must stay in the log. */
  trail?: string[]
  /** Milliseconds after which a log that shows nothing new is stale; undefined: it may rest. */
  maxAgeMs: number | undefined
}

const ALWAYS = Number.NEGATIVE_INFINITY

/**
 * Looks at a log once: its checkpoint is signed by a key that counts now, its tree begins with the
 * one known before, witnesses cosigned it as the policy asks, and the given trails are in it.
 * @param memory what was known before; undefined: the first look, which believes what it is shown
 * @returns what was found, and what to remember: nothing new where there is an alarm
 * @throws CommandError exit 3 where the log does not answer, exit 2 for files
 */
export async function look(
  source: LogSource,
  options: MonitorOptions,
  memory: Memory | undefined,
  now: number,
): Promise<{ look: Look; memory: Memory | undefined }> {
  const keys = readKeys(options.keys)
  const note = await source.checkpoint()
  let newest: Checkpoint
  try {
    newest = openSigned(note, keys, now)
  } catch (error) {
    return { look: { alarms: [{ code: 'PT-8031', detail: reasonOf(error) }] }, memory }
  }
  const { origin, size } = newest
  const tree = source.tree(size)
  const alarms: Alarm[] = []
  const known = memory === undefined ? undefined : parseCheckpoint(memory.note)
  const begins = async (older: Checkpoint, what: string): Promise<boolean> => {
    const alarm = await disagreement(older, newest, tree, what)
    if (alarm) alarms.push(alarm)
    return alarm === undefined
  }

  const isGood = known === undefined || (await begins(known, 'what was seen before'))
  const next =
    memory === undefined || known?.size !== size
      ? { note, since: now }
      : { note, since: memory.since }
  const { cosigned, seenAt } = await witnessed(source, {
    keys,
    options,
    note,
    newest,
    begins,
    alarms,
  })
  for (const path of options.trail ?? []) await checkTrail(path, keys, begins, alarms)
  checkAge(
    options,
    Math.max(seenAt ?? 0, options.policy === undefined ? next.since : 0),
    now,
    alarms,
  )

  const grown = size - (known?.size ?? size)
  const evidence = !isGood && memory ? { evidence: { known: memory.note, shown: note } } : {}
  const found = { origin, size, grown, ...(cosigned && { cosigned }), alarms, ...evidence }
  return { look: found, memory: isGood ? next : memory }
}

/** Why the newest checkpoint does not go with an older one, if it does not. */
async function disagreement(
  older: Checkpoint,
  newest: Checkpoint,
  tree: ReturnType<LogSource['tree']>,
  what: string,
): Promise<Alarm | undefined> {
  if (older.origin !== newest.origin) {
    return { code: 'PT-8034', detail: `${what}: ${older.origin}; now it is ${newest.origin}` }
  }
  if (older.size > newest.size) {
    return { code: 'PT-8035', detail: `${what}: ${older.size} leaves; now it has ${newest.size}` }
  }
  const growth = await growthOf(older, newest, tree)
  if (growth.type === 'grown') return undefined
  const code = growth.type === 'forked' ? 'PT-8034' : 'PT-8032'
  return { code, detail: `${what}: ${growth.detail}` }
}

interface Witnessing {
  keys: KeySet
  options: MonitorOptions
  note: string
  newest: Checkpoint
  begins(older: Checkpoint, what: string): Promise<boolean>
  alarms: Alarm[]
}

/** Asks for the policy's cosignatures, on the newest checkpoint that the log shows cosigned. */
async function witnessed(
  source: LogSource,
  { keys, options, note, newest, begins, alarms }: Witnessing,
): Promise<{ cosigned?: { name: string; time: number }[]; seenAt?: number }> {
  if (options.policy === undefined) return {}
  const policy = readPolicy(options.policy)
  const shown = (await source.cosigned()) ?? note
  let checkpoint: Checkpoint
  try {
    checkpoint = openSigned(shown, keys, ALWAYS)
  } catch (error) {
    alarms.push({ code: 'PT-8031', detail: `cosigned: ${reasonOf(error)}` })
    return {}
  }
  if (checkpoint.size > newest.size || !(await begins(checkpoint, 'what witnesses cosigned'))) {
    return {}
  }
  const { cosigned, missing, at_least, log_key } = applyPolicy(shown, newest.origin, 0, policy)
  if (missing > 0 || !log_key) {
    const detail = `${missing} of ${at_least} cosignatures are missing at size ${checkpoint.size}`
    alarms.push({ code: 'PT-8036', detail })
    return { cosigned }
  }
  // as many as the policy asks for saw it at this time or later
  const times = cosigned.map(({ time }) => time * 1000).sort((a, b) => b - a)
  return { cosigned, seenAt: times[Math.max(0, at_least - 1)] ?? 0 }
}

async function checkTrail(
  path: string,
  keys: KeySet,
  begins: Witnessing['begins'],
  alarms: Alarm[],
): Promise<void> {
  const bundle = readJsonFile(path)
  const { ok, problems, work_order_id = path } = verifyTrail(bundle, keys)
  if (!ok) {
    const codes = problems.map(({ code }) => code).join(', ')
    alarms.push({ code: 'PT-8037', detail: `${path} does not verify: ${codes}` })
    return
  }
  // a bundle that verifies has a checkpoint, and holds its entry below it
  const { checkpoint } = Object(Object(bundle).log)
  await begins(openSigned(String(checkpoint), keys, ALWAYS), work_order_id)
}

function checkAge(
  { maxAgeMs }: MonitorOptions,
  seenAt: number,
  now: number,
  alarms: Alarm[],
): void {
  if (maxAgeMs === undefined || alarms.length > 0 || now - seenAt <= maxAgeMs) return
  const minutes = Math.round((now - seenAt) / 60_000)
  alarms.push({ code: 'PT-8038', detail: `nothing newer than ${minutes} minutes` })
}

function readPolicy(path: string): Policy {
  try {
    return parsePolicy(readFileSync(path))
  } catch (error) {
    throw new CommandError('PT-8006', `${path} cannot be read: ${reasonOf(error)}`, 2)
  }
}
