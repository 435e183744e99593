import { CommanderError } from 'commander'
import { tellFault } from './fault.ts'
import { output, program } from './program.ts'

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.exitCode = tellFault(error, output())
  }
}

/** Whatever a library still holds open then does not keep a finished command waiting. */
const LINGER_MS = 2_000
setTimeout(() => process.exit(), LINGER_MS).unref()
