import type { CodeTable } from '@prooftrail/contracts'

/** Everything that callback says with a number. */
export const codes = {
  'PT-5002': {
    title: 'callback host resolves to a forbidden address',
    meaning:
      'At least one address that the host name resolved to is not public. No connection was made; the attempt counts, the next one resolves again.',
    action: 'Correct the DNS records of the receiver.',
  },
  'PT-5003': {
    title: 'callback host does not resolve',
    meaning: 'The name of the receiver has no address now, or DNS did not answer.',
    action: 'Correct the DNS records of the receiver; the next attempt resolves again.',
  },
  'PT-5004': {
    title: 'receiver not reached',
    meaning: 'No connection to the resolved addresses: refused, unreachable, or timed out.',
    action: 'Start the receiver, open its firewall; the next attempt follows by itself.',
  },
  'PT-5005': {
    title: 'TLS failed',
    meaning: 'The certificate of the receiver is not valid for its name, or TLS broke down.',
    action: 'Renew the certificate of the receiver.',
  },
  'PT-5006': {
    title: 'receiver too slow',
    meaning: 'The receiver did not answer within the time of one attempt.',
    action: 'Answer 2xx first and work afterwards.',
  },
  'PT-5007': {
    title: 'receiver answered with an error',
    meaning: 'The answer was neither 2xx nor one of the answers that have their own code.',
    action: 'Look at http_status in the attempt and at the log of the receiver.',
  },
  'PT-5008': {
    title: 'redirect refused',
    meaning: 'The receiver answered 3xx. Redirects are never followed.',
    action: 'Register the final address as callback_url.',
  },
  'PT-5009': {
    title: 'receiver is gone',
    meaning: 'The receiver answered 410. No further attempt is made; the callback is parked.',
    action:
      'Have the receiver answer at the address that the order names, then request retry_callback; the body can be read meanwhile.',
  },
  'PT-5010': {
    title: 'receiver asks to slow down',
    meaning: 'The receiver answered 429. The next attempt waits for Retry-After, at most a day.',
    action: 'None; or raise the limit of the receiver.',
  },
  'PT-5011': {
    title: 'connection broke',
    meaning: 'The connection ended, or what came was no HTTP, before a status was read.',
    action: 'Look at the log of the receiver; the next attempt follows by itself.',
  },
  'PT-5012': {
    title: 'outcome unknown',
    meaning:
      'An attempt was started and its process ended before the outcome was saved. The receiver may have the callback; the next attempt carries the same webhook-id.',
    action: 'None; a receiver stores a webhook-id once.',
  },
  'PT-5013': {
    title: 'callback body differs',
    meaning:
      'After a rebuild the body made from the usage receipt is not the one that was announced. The same webhook-id never carries other bytes, so nothing is sent.',
    action: 'Restore the public addresses of the deployment, then send the parked message again.',
  },
  'PT-5020': {
    title: 'no callback of this work order',
    http: 404,
    meaning: 'No usage receipt of this work order arrived yet, or there is no such order.',
    action: 'Ask again when the result is there.',
  },
  'PT-5022': {
    title: 'not an agent id',
    http: 400,
    meaning: 'The agent id in the path is empty or longer than 200 characters.',
    action: 'Use the id under which the agent is registered.',
  },
  'PT-5014': {
    title: 'act on a callback that is not known',
    meaning:
      'An act on the callbacks of a run came before its usage receipt. It waits 30 s, then it is parked.',
    action: 'Send the parked message again once the run has its usage receipt.',
  },
} as const satisfies CodeTable

/** One of callback's codes. */
export type CallbackCode = keyof typeof codes
