import pc from 'picocolors'

/** What people read goes to standard error with --json, else to standard output. */
export interface Output {
  json: boolean
  /** A line for people. */
  say(text: string): void
  /** The one document of --json; for people nothing. */
  document(value: unknown): void
  /** True where lines may be redrawn. */
  live: boolean
}

export function makeOutput(json: boolean): Output {
  const stream = json ? process.stderr : process.stdout
  return {
    json,
    live: stream.isTTY === true,
    say: (text) => void stream.write(`${text}\n`),
    document(value) {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
    },
  }
}

/** Colour only on a terminal (picocolors looks at NO_COLOR, FORCE_COLOR and the stream). */
export const colour = pc

const MARKS = {
  ok: pc.green('✓'),
  no: pc.red('✗'),
  part: pc.yellow('◐'),
  dot: pc.dim('·'),
} as const

export function mark(name: keyof typeof MARKS): string {
  return MARKS[name]
}

/** Pads visible text; colour codes do not count. */
export function pad(text: string, width: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI escapes are control characters
  const visible = text.replace(/\u001b\[\d+m/g, '').length
  return text + ' '.repeat(Math.max(0, width - visible))
}
