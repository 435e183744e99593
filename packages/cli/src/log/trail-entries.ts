import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOfBytes, fromBase64 } from '@prooftrail/trail/encoding'
import { entryLeaf } from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { ask } from '../http.ts'
import { reasonOf } from './known-keys.ts'

/** An entry as its trail holds it. */
export interface TrailEntry {
  work_order_id: string
  name: string
  /** The leaf's text. */
  leaf: string
  /** Absent while the trail waits for it. */
  index?: number
}

/** Entries of trails, and whether they are those of all trails. */
export async function readTrails(
  place: string,
  { trails, documents }: { trails?: string; documents?: boolean },
): Promise<{ entries: TrailEntry[]; isAll: boolean } | undefined> {
  if (documents && !/^https?:/.test(place)) {
    throw new CommandError('PT-8013', '--documents needs the address of a service', 2)
  }
  if (documents) return { entries: await entriesOfService(place), isAll: true }
  if (trails === undefined) return undefined
  const files = readdirSync(trails).filter((name) => name.endsWith('.trail.json'))
  return { entries: files.flatMap((name) => entriesOfBundle(join(trails, name))), isAll: false }
}

/** Pages through the entries that the service's documents hold. */
async function entriesOfService(place: string): Promise<TrailEntry[]> {
  const entries: TrailEntry[] = []
  for (let after = ''; ; ) {
    const path = `${place.replace(/\/+$/, '')}/v1/entries?after=${encodeURIComponent(after)}`
    const { body } = await ask<{ entries: TrailEntry[]; next?: string }>('GET', path)
    if (!Array.isArray(body?.entries))
      throw new CommandError('PT-8030', `${path} has no entries`, 3)
    for (const entry of body.entries) entries.push(entry)
    if (body.next === undefined) return entries
    after = body.next
  }
}

/** The entries of a bundle, each with the index that the one after it, or the proof, says. */
function entriesOfBundle(path: string): TrailEntry[] {
  let bundle: {
    work_order_id: string
    links: { name: string; envelope: { payload: string } }[]
    log: { index: number }
  }
  try {
    // only what is read below is relied on
    bundle = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CommandError('PT-8006', `${path} cannot be read: ${reasonOf(error)}`, 2)
  }
  const entries = bundle.links.filter(({ name }) => /^ledger_entry(\/|$)/.test(name))
  const payloads = entries.map(({ envelope }) => fromBase64(envelope.payload) ?? new Uint8Array())
  return entries.map(({ name }, i) => {
    const payload = payloads[i] ?? new Uint8Array()
    const leaf = new TextDecoder().decode(entryLeaf(digestOfBytes(payload)))
    const next = payloads[i + 1]
    const index = next === undefined ? bundle.log.index : followsIndex(next)
    return {
      work_order_id: bundle.work_order_id,
      name,
      leaf,
      ...(index === undefined ? {} : { index }),
    }
  })
}

function followsIndex(payload: Uint8Array): number | undefined {
  const statement = JSON.parse(new TextDecoder().decode(payload))
  return Object(statement?.predicate?.object?.follows).index
}
