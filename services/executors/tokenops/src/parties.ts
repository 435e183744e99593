import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { foldWord } from '@prooftrail/executor-sdk'

/** Who pays or is paid: an address, or a name that is compared without case, spaces and points. */
export type PartyRead = { party: string } | { reason: string }

/** Reads an address or a name; a CAIP-10 account (`eip155:8453:0x…`) is its address. */
export function readParty(value: unknown): PartyRead {
  if (typeof value !== 'string') return { reason: 'it is no text' }
  const text = value.trim().replace(/^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}:(?=[-.%a-zA-Z0-9]+$)/, '')
  if (/^0x/i.test(text)) {
    if (!/^0x[0-9a-f]{40}$/i.test(text)) return { reason: 'an address is 0x and 40 hex digits' }
    if (/^0x0{40}$/i.test(text)) return { reason: 'it is the zero address' }
    if (!holdsChecksum(text)) return { reason: 'its checksum (EIP-55) does not hold' }
    return { party: text.toLowerCase() }
  }
  if (/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text)) return { party: text }
  const name = foldWord(text)
  return name === '' ? { reason: 'it is empty' } : { party: name }
}

/** Written in one case an address has no checksum; mixed case must be that of EIP-55. */
function holdsChecksum(address: string): boolean {
  const digits = address.slice(2)
  const lower = digits.toLowerCase()
  if (digits === lower || digits === digits.toUpperCase()) return true
  const hash = bytesToHex(keccak_256(utf8ToBytes(lower)))
  const expected = [...lower].map((digit, i) =>
    Number.parseInt(hash[i] ?? '0', 16) >= 8 ? digit.toUpperCase() : digit,
  )
  return expected.join('') === digits
}
