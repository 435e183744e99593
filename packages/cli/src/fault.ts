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
