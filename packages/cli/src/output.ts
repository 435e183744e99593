import pc from 'picocolors'

/** What people read goes to standard error with --json, else to standard output. */
export interface Output {
  json: boolean
  /** True once nobody reads any more: a pipe was closed at its other end. */
  readonly closed: boolean
  /** Calls back once, when nobody reads any more. */
  onClosed(act: () => void): void
  /** A line for people. */
  say(text: string): void
  /** The one document of --json; for people nothing. */
  document(value: unknown): void
  /** True where lines may be redrawn. */
  live: boolean
}

export function makeOutput(
  json: boolean,
  { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'> = process,
): Output {
  const stream = json ? stderr : stdout
  const acts: (() => void)[] = []
  let closed = false
  // A reader that has seen enough is no fault: what is said after it goes nowhere.
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    closed = true
    for (const act of acts.splice(0)) act()
  }
  for (const one of [stdout, stderr]) one.on('error', onError)
  return {
    json,
    get closed() {
      return closed
    },
    onClosed: (act) => void (closed ? act() : acts.push(act)),
    live: stream.isTTY === true,
    say: (text) => void stream.write(`${tame(text)}\n`),
    document(value) {
      if (json) stdout.write(`${JSON.stringify(value, null, 2)}\n`)
    },
  }
}

/** Colours as we set them; all that steers a terminal or turns the direction of a line. */
const STEERS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are looked for
  /\u001b\[(?:[012]|22|39|[349][0-7])m|(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu

/**
 * A text as it may be printed. What agents, tools and strangers wrote stands in it: names, reasons,
 * details. None of that moves the cursor, hides a line or reaches the clipboard.
 */
export function tame(text: string): string {
  return text.replace(STEERS, (found) => (found.length > 1 ? found : '\ufffd'))
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
