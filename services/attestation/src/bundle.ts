import { type Bundle, makeBundle, type Pilot } from '@prooftrail/trail'
import { newestEntry } from './close-trail.ts'
import type { LogReader } from './log/index.ts'
import type { State } from './state.ts'

/**
 * The bundle of a sealed trail: its links and seals as they were signed, and the proof that the
 * newest entry is in the log of a checkpoint, cosigned where witnesses did so. Undefined until the first seal is out.
 * While a revision waits for its index the bundle is that of the revision before.
 */
export async function bundleOf(
  workOrderId: string,
  state: State,
  log: { origin: string; reader: LogReader },
): Promise<Bundle | undefined> {
  if (state.status !== 'sealed') return undefined
  const sealed = state.awaited === undefined ? state : revisionBefore(state)
  if (sealed?.index === undefined) return undefined
  const { object: entry } = newestEntry(sealed).link
  const head = await checkpointOver(sealed.index, log.reader)
  if (head === undefined) return undefined
  return makeBundle({
    work_order_id: workOrderId,
    // The header of an entry is a pilot header; absent and undefined are one in its JSON form.
    pilot: entry.pilot as Pilot,
    links: sealed.items,
    log: {
      origin: log.origin,
      index: sealed.index,
      proof: await log.reader.prove(sealed.index, head),
      checkpoint: head.note,
    },
  })
}

/** A checkpoint that holds the leaf: the one that witnesses cosigned where it does, else the newest. */
async function checkpointOver(index: number, reader: LogReader) {
  const cosigned = await reader.cosigned()
  if (cosigned && index < cosigned.size) return cosigned
  const head = await reader.head()
  return index < head.size ? head : undefined
}

/** The trail as it was before a revision that has no seal yet; undefined for the first one. */
function revisionBefore(state: Extract<State, { status: 'sealed' }>): typeof state | undefined {
  const last = state.items.findLastIndex((item) => 'seal' in item)
  if (last < 0) return undefined
  const { sealed_index: index, index: _, ...rest } = state
  if (index === undefined) return undefined
  return { ...rest, index, items: state.items.slice(0, last + 1), revision: state.revision - 1 }
}
