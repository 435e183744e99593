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
