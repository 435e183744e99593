import {
  type EvidenceItem,
  foldWord,
  meaningOf,
  type StatusMeaning,
} from '@prooftrail/executor-sdk'

/**
 * What a settlement says of its own finality besides `status`, which the evidence rules read for
 * every class. A member that says something that nobody knows is not final.
 */
const WORDS = new Set(
  [
    'finality',
    'finality_state',
    'state',
    'settlement_status',
    'payment_status',
    'transaction_status',
    'tx_status',
    'confirmation_status',
  ].map(foldWord),
)
/** 1 or 0 as in an Ethereum receipt, or a yes and no (x402's payment response). */
const FLAGS = new Set(
  ['receipt_status', 'success', 'is_success', 'succeeded', 'paid'].map(foldWord),
)
const ERRORS = new Set(
  ['error', 'error_reason', 'error_code', 'failure_code', 'revert_reason', 'invalid_reason'].map(
    foldWord,
  ),
)

/** Why a settlement is not final; empty when nothing speaks against it. */
export function finalityFaults(
  item: EvidenceItem,
  words: { readonly [word: string]: StatusMeaning } = {},
): string[] {
  return Object.entries(item).flatMap(([member, value]) => {
    const name = foldWord(member)
    const text = `${member} ${JSON.stringify(value)}`
    if (isInner(name) && isRecord(value)) return finalityFaults(value, words)
    if (isBlank(value)) return []
    if (WORDS.has(name)) {
      const meaning = typeof value === 'string' ? meaningOf(value, words) : undefined
      if (meaning === undefined) return [`${text} is on no list`]
      return meaning === 'done' ? [] : [`${text} is ${meaning}`]
    }
    if (FLAGS.has(name)) return isYes(value, words) ? [] : [`${text} says that it did not succeed`]
    if (ERRORS.has(name)) return [`${text} tells of an error`]
    if (name === 'confirmations' && !(Number(value) > 0)) return [`${text}: nothing confirms it`]
    return []
  })
}

function isYes(value: unknown, words: { readonly [word: string]: StatusMeaning }): boolean {
  if (value === true || value === 1) return true
  if (typeof value !== 'string') return false
  return /^(1|0x0*1|true|yes)$/i.test(value.trim()) || meaningOf(value, words) === 'done'
}

function isInner(name: string): boolean {
  return ['paymentresponse', 'settlement', 'receipt', 'transaction', 'data'].includes(name)
}

function isRecord(value: unknown): value is EvidenceItem {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}
