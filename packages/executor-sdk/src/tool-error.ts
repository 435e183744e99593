/** A tool, version, key or folder that cannot be run; names every fault. */
export class ToolError extends Error {
  override name = 'ToolError'
  code = 'PT-3008'
  faults: readonly string[]

  constructor(what: string, faults: readonly string[]) {
    super(`${what}: ${faults.join('; ')}`)
    this.faults = faults
  }
}
