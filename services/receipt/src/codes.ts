import type { CodeTable } from '@prooftrail/contracts'

/** What receipt answers and parks with. */
export const codes = {
  'PT-4001': {
    title: 'no credits are held for this order',
    meaning:
      'A result was accepted for an order that has no hold here, and none appeared within 30 seconds. The message is parked.',
    action: 'Look why the order has no hold (credits.held), then send the parked message again.',
  },
  'PT-4002': {
    title: 'the funding reference was used for another funding',
    http: 409,
    meaning:
      'The account was already funded under this reference with other credits or terms. The first funding stands: the door answers 409, a message that found its way onto the topic is parked.',
    action: 'Fund again under a new reference.',
  },
  'PT-4003': {
    title: 'not an amount of credits',
    meaning:
      'Credits are whole numbers; a funding has at least 1, and the sum of all funding stays below 2^53. The message is parked, nothing moved.',
    action: 'Send the amount as a whole number of credits.',
  },
  'PT-4004': {
    title: 'the hold has ended',
    meaning:
      'A result came for an order whose hold was released, because it expired or the order gave up waiting for credits. The message is parked.',
    action: 'Submit a new order: nothing is debited without a hold.',
  },
  'PT-4005': {
    title: 'the order was charged for another result',
    meaning:
      'A usage receipt was issued for this order, and this result contract is not the one it names. The message is parked.',
    action: 'Compare both contracts; the receipt that was issued stands.',
  },
  'PT-4006': {
    title: 'the account does not cover the hold',
    meaning:
      'The hold that an order names is larger than all that its account holds: the list of credit entries is damaged. The message is parked, nothing moved.',
    action: 'Restore the collection of credit entries, then send the parked message again.',
  },
  'PT-4010': {
    title: 'the funding request cannot be taken',
    http: 400,
    meaning: 'A member of the request is missing or malformed; `faults` names each one.',
    action: 'Correct the members named and send the request again.',
  },
  'PT-4011': {
    title: 'no such settlement receipt',
    http: 404,
    meaning: 'No settlement receipt with this id was issued (yet).',
    action: 'After funding, ask again until it is issued; else compare the id.',
  },
  'PT-4012': {
    title: 'no such account',
    http: 404,
    meaning: 'No movement was ever made on this account.',
    action: 'Compare the name, or fund the account first.',
  },
  'PT-4013': {
    title: 'no such usage receipt',
    http: 404,
    meaning: 'No usage receipt with this id, or for this work order, was issued (yet).',
    action: 'Ask again when the run has a result; else compare the id.',
  },
  'PT-4014': {
    title: 'the page cannot be served',
    http: 400,
    meaning: '`limit` takes a whole number from 1 to 500 (accounts: 200), `sort` `seq` or `-seq`.',
    action: 'Correct the query.',
  },
  'PT-4015': {
    title: 'an account of no agent',
    http: 404,
    meaning:
      'No agent is registered with this account, so that nobody could spend what is paid in, and nothing takes credits back.',
    action:
      'Compare the name with `prooftrail agents show`, or register the agent first; a registration may take a moment.',
  },
  'PT-4016': {
    title: 'not said by the funding door',
    meaning:
      'A message on the topic of fundings has no signature of a key of receipt. It is parked, nothing moved.',
    action: 'Find out who else can write the topic; fund through the door.',
  },
  'PT-4007': {
    title: 'replay of a run that is not charged',
    meaning:
      'A replay was accepted, and the run has no usage receipt of the result before it. It waits 30 s, then it is parked.',
    action: 'Look for the run’s `result.accepted`, then send the parked message again.',
  },
} as const satisfies CodeTable
