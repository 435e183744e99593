import { colour, type Output, tame } from './output.ts'

/** What a command cannot do, with what to do next. Exit codes: 1 no, 2 cannot be read, 3 not there. */
export class CommandError extends Error {
  override name = 'CommandError'
  code: string
  exit: number

  constructor(code: string, message: string, exit = 1) {
    super(message)
    this.code = code
    this.exit = exit
  }
}

/** Says what went wrong, with --json as a document too. @returns the exit code */
export function tellFault(error: unknown, out: Pick<Output, 'document'>): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'error'
  const detail = error instanceof Error ? error.message : String(error)
  out.document({ error: { code, detail } })
  process.stderr.write(`${tame(`${colour.red(code)} ${detail}`)}\n`)
  if (error instanceof CommandError) return error.exit
  if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return 1
}
