import { setTimeout as wait } from 'node:timers/promises'

/** What is measured, and how much of it. */
export interface Plan {
  runs: number
  events: number
  /** Of a measurement that lasts; absent: it ends with its events. */
  minutes?: number
  seconds: number
  /** Orders a second. */
  rate: number
  tries: number
  /** How far it is, for whoever watches. */
  say(line: string): void
}

/** What was measured, to be pasted: a row for each figure. */
export interface Figures {
  head: readonly [string, string, ...string[]]
  rows: string[][]
}

/** As Markdown. */
export function tableOf({ head, rows }: Figures): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, at) => (at === 0 ? '---' : '---:'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

/** The middle of what was measured, its ends, and how often: `412 ms (390 to 520, 7 times)`. */
export function middleOf(measured: readonly number[], unit: string): string {
  const sorted = [...measured].sort((a, b) => a - b)
  const [least, most] = [sorted[0] ?? Number.NaN, sorted.at(-1) ?? Number.NaN]
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const shown = (n: number) => (n < 10 ? n.toFixed(1) : Math.round(n).toLocaleString('en'))
  return `${shown(middle)} ${unit} (${shown(least)} to ${shown(most)}, ${sorted.length} times)`
}

/** Sends so many a second, evenly, until it is over. @returns how many were sent */
export async function sendEvenly(
  rate: number,
  send: () => Promise<unknown>,
  isOver: () => boolean,
): Promise<number> {
  const from = performance.now()
  let sent = 0
  while (!isOver()) {
    await send()
    sent += 1
    await wait(Math.max(0, from + (sent * 1_000) / rate - performance.now()))
  }
  return sent
}
