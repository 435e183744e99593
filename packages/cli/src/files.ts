import { readFileSync } from 'node:fs'
import { parseStrict } from '@prooftrail/trail/encoding'
import { CommandError } from './fault.ts'

/** A JSON file, read strictly (no duplicate keys, no nulls). @throws CommandError exit 2 */
export function readJsonFile(path: string): unknown {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError('PT-8006', `${path} cannot be read: ${reason}`, 2)
  }
  try {
    return parseStrict(bytes)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError('PT-8006', `${path} is not what it should be: ${reason}`, 2)
  }
}
