import { foldWord } from '@prooftrail/executor-sdk'
import { isEvm } from './chains.ts'

/** What a program writes where it had nothing to write. */
const NOTHING: ReadonlySet<string> = new Set(
  'undefined null nan none nil na tbd tba todo unknown placeholder changeme xxx objectobject test dummy 0 0x'.split(
    ' ',
  ),
)

const EVM_HASH = /^0x[0-9a-f]{64}$/i
const SOLANA_SIGNATURE = /^[1-9A-HJ-NP-Za-km-z]{86,88}$/
const BARE_HASH = /^[0-9a-f]{64}$/i

/** Whether the text stands where something should: a placeholder, blanks, or a hash of one digit. */
export function saysNothing(text: string): boolean {
  const folded = foldWord(text)
  return folded === '' || NOTHING.has(folded) || /^0x(.)\1{39,}$/i.test(text.trim())
}

/** Why the text is no transaction of the chain; undefined when it may be one. */
export function transactionFault(text: string, chain: string | undefined): string | undefined {
  const plain = text.trim()
  if (saysNothing(plain)) return 'names nothing'
  if (/^0x/i.test(plain) || isEvm(chain)) {
    if (EVM_HASH.test(plain)) return undefined
    if (/^0x[0-9a-f]{40}$/i.test(plain)) return 'is an address, no transaction'
    return 'is no transaction hash (0x and 64 hex digits)'
  }
  if (chain?.startsWith('solana:')) {
    return SOLANA_SIGNATURE.test(plain) ? undefined : 'is no transaction signature of Solana'
  }
  if (chain?.startsWith('bip122:')) {
    return BARE_HASH.test(plain) ? undefined : 'is no transaction hash (64 hex digits)'
  }
  return undefined
}

/** The transaction that an explorer's address leads to; undefined where it leads to none. */
export function transactionOfUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, pathname } = new URL(text)
  if (!/^https?:$/.test(protocol)) return undefined
  const [, found] = /\/(?:tx|txs|transaction|transactions)\/([^/]*)/i.exec(pathname) ?? []
  return found
}

/** One spelling per transaction, for comparison. */
export function transactionId(text: string): string {
  const plain = text.trim()
  return EVM_HASH.test(plain) || BARE_HASH.test(plain)
    ? plain.toLowerCase().replace(/^0x/, '')
    : plain
}

/**
 * What a settlement's own reference looks like, by the rail that it names (objects: provider types).
 * A rail that is not listed makes the item unresolved; `undefined` asks nothing of the form.
 */
export const RAILS: Readonly<Record<string, { form: RegExp; what: string } | undefined>> = {
  stripestablecoin: { form: /^(evt|pi|ch|py|txn|cs|in|po|re)_\w{6,}$/, what: 'an id of Stripe' },
  stripe: { form: /^(evt|pi|ch|py|txn|cs|in|po|re)_\w{6,}$/, what: 'an id of Stripe' },
  circleusdc: {
    form: /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|0x[0-9a-f]{64})$/i,
    what: 'a UUID of Circle or a transaction',
  },
  x402: undefined,
  ap2mandate: undefined,
  manualinvoice: undefined,
  customprovider: undefined,
  checkout: undefined,
  httppayment: undefined,
  wallettransfer: undefined,
  mandateauthorization: undefined,
  invoicesettlement: undefined,
  custom: undefined,
}
