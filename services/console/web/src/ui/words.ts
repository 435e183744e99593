/** Names of states and codes as people read them, and how each is meant. */

/** `exception_open` → `exception open`. */
export function words(name: string): string {
  return name.replaceAll('_', ' ')
}

/** `site_control` → `Site control`. */
export function sentence(name: string): string {
  const text = /\s/.test(name) ? name : words(name)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** How a state is shown: never by colour alone, the word always stands beside it. */
export type Tone = 'good' | 'fair' | 'bad' | 'busy' | 'calm'

const TONES: Readonly<Record<string, Tone>> = {
  ...{ ready: 'good', attested: 'good', delivered: 'good', sufficient: 'good', done: 'good' },
  ...{ resolved: 'good', closed: 'calm', holds: 'good', live: 'good', linked: 'good' },
  ...{ partial: 'fair', exception_open: 'fair', credit_pending: 'fair', waiting: 'fair' },
  ...{ stalled: 'fair', scheduled: 'fair', pending: 'fair', callback_pending: 'fair' },
  ...{ waiting_on_requesting_agent: 'fair', waiting_on_operator: 'fair', behind: 'fair' },
  ...{ failed: 'bad', refused: 'bad', rejected: 'bad', parked: 'bad', broken: 'bad' },
  ...{ stopped: 'bad', insufficient: 'bad', offline: 'bad', out_of_attempts: 'bad' },
  ...{ accepted: 'good', unanswered: 'fair', paused: 'fair', expired: 'bad', released: 'fair' },
  ...{ running: 'busy', asked: 'busy' },
  ...{ operating: 'busy', queued: 'busy', credit_funded: 'busy', created: 'busy' },
  ...{ result_ready: 'busy', usage_receipt_issued: 'busy', callback_delivered: 'busy' },
}

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'calm'
}

/** What the states of a run mean, beside their names. */
const MEANINGS: Readonly<Record<string, string>> = {
  created: 'accepted; no credits are held yet',
  credit_pending: 'waits until the account has credits',
  credit_funded: 'credits are held',
  queued: 'commanded; the tool has not begun',
  operating: 'the tool works on it',
  result_ready: 'the tool has answered',
  settlement_receipt_issued: 'debited',
  usage_receipt_issued: 'debited',
  callback_pending: 'the agent’s receiver has not taken the result yet',
  callback_delivered: 'the agent has the result; the seal follows',
  attested: 'sealed, and in the public log',
  exception_open: 'something is open that somebody may mend',
  replay_ready: 'evidence was added; a replay gives it to the tool',
  failed: 'refused, or ended without a good result',
  closed: 'ended; nothing more is done',
}

/** What a run's state means; undefined for what is clear by its name. */
export function meaningOf(state: string): string | undefined {
  return MEANINGS[state]
}

/** So many of a thing, for a sentence. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? noun : plural}`
}

/** The first and last characters of an id or a digest, for where the whole has no place. */
export function short(id: string): string {
  const [prefix = '', rest] = id.split(/[_:](.*)/s)
  if (rest === undefined || rest.length <= 14) return id
  return `${prefix}${id.charAt(prefix.length)}${rest.slice(0, 8)}…${rest.slice(-4)}`
}
