import type { EventTypes } from '@prooftrail/contracts'
import { Link, type Ref, Seal, type SigningKey, sealStatement } from '@prooftrail/trail'
import type { SealedEntry } from '@prooftrail/trail/format'
import type { CheckedLink, TrailItem } from './state.ts'

type LedgerLink = EventTypes['ledger.appended']
export type LedgerEntry = LedgerLink['object']
type ResultContract = EventTypes['result.accepted']['result_contract']['object']

/** Signs what attestation says: entries and seals. Ed25519 draws nothing: twice is the same bytes. */
export interface Signer {
  /** The first second at which the key counts; a claim is never dated before it. */
  notBefore: string
  entry(entry: LedgerEntry, after: readonly Ref[]): CheckedLink<LedgerLink>
  seal(links: readonly Ref[], entry: LedgerEntry, contract: ResultContract | undefined): Seal
}

/** @param nbf of the key in keys.json, whole seconds */
export function makeSigner(key: SigningKey, nbf: number | undefined): Signer {
  return {
    notBefore: new Date((nbf ?? 0) * 1000).toISOString(),
    entry(entry, after) {
      const link = Link.sign('ledger_entry', entry, after, key)
      return { name: nameAt('ledger_entry', entry.revision), link }
    },
    seal(links, entry, contract) {
      // The verdict of an entry is one of the list: entries are made in this service only.
      const sealed = entry as LedgerEntry & Pick<SealedEntry, 'verdict'>
      return Seal.sign(sealStatement({ links, entry: sealed, contract }), key)
    },
  }
}

/** Names and digests of items, as `after` and a seal's subjects hold them. */
export function refsOf(items: readonly TrailItem[]): Ref[] {
  return items.map(({ name, ...of }) => ({
    name,
    digest: ('seal' in of ? of.seal : of.link).digest,
  }))
}

/** Whether a place of a trail is that of an entry. */
export function isEntryName(name: string): boolean {
  return /^ledger_entry(\/|$)/.test(name)
}

/** The name of a revision's entry or seal: the bare kind for revision 0. */
export function nameAt(kind: string, n: number): string {
  return n === 0 ? kind : `${kind}/${n}`
}
