import type { Reader } from '@prooftrail/runtime'
import { entryLeaf } from '@prooftrail/trail/log'
import { isEntryName } from './signer.ts'
import type { ForgottenTrail, SealedTrail, State, TrailItem } from './state.ts'

/** An entry of a trail as the trail's own document holds it; nothing of it is read from the log. */
export interface LoggedEntry {
  work_order_id: string
  /** `ledger_entry`, `ledger_entry/1`, … */
  name: string
  /** The text of its leaf, worked out from its statement. */
  leaf: string
  /** Where the trail says that it stands in the log; absent while it waits for that. */
  index?: number
}

const PAGE = 100
/** Ids of work orders, and of nothing else that is kept beside them. */
const FIRST = 'wo_'
const BEHIND = 'wo`'

/**
 * The entries of a page of trails, in the order of their ids: with them whoever runs the deployment
 * derives the log again.
 * @param after the last id of the page before; empty for the first page
 * @returns `next`, where there may be more
 */
export async function loggedEntries(
  store: Pick<Reader<State>, 'find'>,
  after: string,
): Promise<{ entries: LoggedEntry[]; next?: string }> {
  const page = await store.find(
    { _id: { $gt: after < FIRST ? FIRST : after, $lt: BEHIND } },
    { sort: { _id: 1 }, limit: PAGE },
  )
  const entries = page.flatMap(({ id, state }) => entriesOf(id, state))
  const last = page.at(-1)
  return { entries, ...(last && page.length === PAGE ? { next: last.id } : {}) }
}

function entriesOf(work_order_id: string, state: State): LoggedEntry[] {
  if (state.status !== 'sealed' && state.status !== 'forgotten') return []
  const entries = state.items.filter(isEntry)
  return entries.map(({ name, link }, i) => {
    const next = entries[i + 1]
    const index = next === undefined ? newestIndex(state) : followed(next.link.object)
    const leaf = new TextDecoder().decode(entryLeaf(link.statementDigest))
    return { work_order_id, name, leaf, ...(index === undefined ? {} : { index }) }
  })
}

/** While an entry waits for its index, the one that is known is that of the entry before it. */
function newestIndex(state: SealedTrail | ForgottenTrail): number | undefined {
  return state.status === 'sealed' && state.awaited !== undefined ? undefined : state.index
}

function followed(entry: unknown): number | undefined {
  const { follows } = Object(entry)
  return typeof follows?.index === 'number' ? follows.index : undefined
}

type EntryItem = Extract<TrailItem, { link: unknown }>

function isEntry(item: TrailItem): item is EntryItem {
  return 'link' in item && isEntryName(item.name)
}
