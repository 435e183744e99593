import type { EventTypes } from '@prooftrail/contracts'
import { type Fold, type FoldMessage, Refusal } from '@prooftrail/runtime'
import type { Folder, LedgerRecord } from './fold.ts'
import type { Integrated, Leaf, LogStore } from './store.ts'

type Ledger = 'ledger.appended'

export interface LedgerFoldOptions {
  store: Pick<LogStore, 'head'>
  folder: Folder
  /** F4: an entry of attestation's, or not one at any index. */
  read(link: EventTypes[Ledger]): LedgerRecord['entry']
  /**
   * Told when the checkpoint holds them, and not waited for; what is lost in between, the trails
   * look up when they are due.
   */
  integrated(entries: readonly (Integrated & { work_order_id: string })[]): void
  /** Told when the broker had each of these entries (RFC 3339), once the checkpoint holds them. */
  timed?(appended: readonly string[]): void
}

/** The log as the fold of its topic that the runtime runs. */
export function makeLedgerFold(options: LedgerFoldOptions): Fold<Ledger> {
  const { store, folder, read, integrated, timed } = options
  return {
    name: 'log',
    codes: { behind: 'PT-6021', shorter: 'PT-6012' },
    head: async () => (await store.head())?.next_offset ?? 0,
    async apply(messages, refuse) {
      const records = messages.map(({ offset, data }) => ({ offset, entry: data && read(data) }))
      const folded = await folder.fold(records, (foreign) => refuse(refusals(messages, foreign)))
      const left = new Set(folded?.foreign)
      if (folded && folded.leaves.length > 0) {
        timed?.(
          messages.flatMap(({ offset, at }) => (at === undefined || left.has(offset) ? [] : at)),
        )
      }
      if (folded && folded.leaves.length > 0) integrated(folded.leaves.map(integratedOf))
      return folder.head()?.next_offset ?? 0
    },
  }
}

function refusals(messages: readonly FoldMessage<Ledger>[], foreign: readonly number[]) {
  const wanted = new Set(foreign)
  return messages.flatMap(({ offset, data }) => {
    if (data === undefined || !wanted.has(offset)) return []
    const detail = `no entry that attestation signed, key ${data.key_id}`
    return [{ offset, refusal: new Refusal('PT-6010', detail) }]
  })
}

function integratedOf({ entry_id, index, hash, work_order_id }: Leaf) {
  return { entry_id, index, hash: Buffer.from(hash).toString('hex'), work_order_id }
}
