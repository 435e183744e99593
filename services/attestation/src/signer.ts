import type { EventTypes } from '@prooftrail/contracts'
import {
  openLink,
  type Ref,
  type SignedSeal,
  type SigningKey,
  sealOnce,
  sealStatement,
  signOnce,
} from '@prooftrail/trail'
import type { KnownSignatures } from './check-link.ts'
import type { CheckedLink, TrailItem } from './state.ts'

export type LedgerEntry = EventTypes['ledger.appended']['object']
type ResultContract = EventTypes['result.accepted']['result_contract']['object']

/** Signs what attestation says: entries and seals. Ed25519 draws nothing: twice is the same bytes. */
export interface Signer {
  /** The first second at which the key counts; a claim is never dated before it. */
  notBefore: string
  entry(entry: LedgerEntry, after: readonly Ref[]): CheckedLink<LedgerEntry>
  seal(links: readonly Ref[], entry: LedgerEntry, contract: ResultContract | undefined): SignedSeal
}

/**
 * @param nbf of the key in keys.json, whole seconds
 * @param made is told of every entry signed here
 */
export function makeSigner(
  key: SigningKey,
  nbf: number | undefined,
  made: KnownSignatures,
): Signer {
  return {
    notBefore: new Date((nbf ?? 0) * 1000).toISOString(),
    entry(entry, after) {
      const link = signOnce('ledger_entry', entry, after, key)
      const { digest, statement_digest } = openLink('ledger_entry', link)
      made.add(link, statement_digest)
      return { name: nameAt('ledger_entry', entry.revision), link, digest, statement_digest }
    },
    seal(links, entry, contract) {
      // The verdict of an entry is one of the four: entries are made in this service only.
      const sealed = entry as LedgerEntry & { verdict: 'ready' | 'partial' | 'failed' | 'refused' }
      return sealOnce(sealStatement({ links: refsOf(links), entry: sealed, contract }), key)
    },
  }
}

/** Names and digests of items, as `after` and a seal's subjects hold them. */
export function refsOf(items: readonly (Ref | TrailItem)[]): Ref[] {
  return items.map(({ name, digest }) => ({ name, digest }))
}

/** The name of a revision's entry or seal: the bare kind for revision 0. */
export function nameAt(kind: string, n: number): string {
  return n === 0 ? kind : `${kind}/${n}`
}
