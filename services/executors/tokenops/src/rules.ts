import { defineRules } from '@prooftrail/executor-sdk'

/** What TokenOps concludes by. Each outcome is `agrees`, `differs`, `unseen` or `holds`. */
export const rules = defineRules({
  finality: {
    sentence:
      'A settlement counts when nothing that it says of itself speaks against its being final: status, receipt status, confirmations, errors. Pending, mined, reverted, dropped and replaced ones do not.',
    codes: ['differs'],
    case: 'reverted',
  },
  reference: {
    sentence:
      "A reference has the form of its rail: a transaction of its chain, an explorer's address of one, an x402 payment response, a provider's own id. A placeholder names nothing.",
    codes: ['differs'],
    case: 'undefined-transaction',
  },
  readable: {
    sentence:
      'Chain (CAIP-2), token (contract, CAIP-19 or symbol), decimals, amount and addresses (EIP-55) are read exactly; what cannot be read, or is said twice differently, is unresolved.',
    codes: ['differs'],
    case: 'unreadable-members',
  },
  chain: {
    sentence: 'The settlement is on the chain that the request names.',
    codes: ['differs'],
    case: 'other-chain-and-amount',
  },
  token: {
    sentence:
      'It moved the token that was asked for. A symbol agrees with a contract only where the issuer’s list says so; else it is unseen.',
    codes: ['differs'],
    case: 'other-chain-and-amount',
  },
  decimals: {
    sentence: 'Both count in the same decimals; for listed contracts, in those of the issuer.',
    codes: ['differs'],
    case: 'other-chain-and-amount',
  },
  amount: {
    sentence:
      'The settlements of a request add up to what it asks, exactly; with the scheme `upto`, to no more than that.',
    codes: ['differs'],
    case: 'other-amount',
  },
  payee: {
    sentence: 'It went to whom the request names.',
    codes: ['differs'],
    case: 'other-chain-and-amount',
  },
  payer: {
    sentence: 'It came from whom the request names, where it names somebody.',
    codes: ['differs'],
    case: 'other-payer',
  },
  request: {
    sentence:
      'Each settlement answers a request: the one that it names, else the only one there is.',
    codes: ['differs'],
    case: 'other-request',
  },
  credit_entry: {
    sentence:
      'The credit entry is of the account that this run is charged to, shows a funding, and names the settlement and credits that are given.',
    codes: ['differs'],
    case: 'someone-elses-entry',
  },
  files: {
    sentence: 'The manifest of files has a digest, or every file in it has one, and none has two.',
    codes: ['differs'],
    case: 'files-without-digest',
  },
  destination: {
    sentence:
      "The documented destination is the order's callback_url: same scheme, host, port and path.",
    codes: ['destination_differs'],
    case: 'other-destination',
  },
  earlier_usage: {
    sentence: 'A usage receipt given as evidence is of an earlier run, never of this one.',
    codes: ['differs'],
    case: 'own-usage-receipt',
  },
  unseen: {
    sentence:
      'What cannot be seen without asking a chain, a provider or a server is listed as unseen, and nothing rests on it.',
    codes: ['unseen'],
    case: 'full',
  },
})

export type RuleId = keyof typeof rules
