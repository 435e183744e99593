import { readFileSync } from 'node:fs'
import { type KeySet, parseKeySet } from '@prooftrail/trail'
import { type Checkpoint, keyLogKeys, openCheckpoint, parseCheckpoint } from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'

/** A key list of a file. @throws CommandError PT-8006 */
export function readKeys(path: string): KeySet {
  try {
    return parseKeySet(readFileSync(path))
  } catch (error) {
    throw new CommandError('PT-8006', `${path} cannot be read: ${reasonOf(error)}`, 2)
  }
}

/**
 * A checkpoint that a log key of the list signed, whatever its origin: a list that holds keys of two
 * logs knows both, and a log's keys sign its log of key lists too.
 * @param at milliseconds, see `openCheckpoint`
 * @throws CommandError PT-8031
 */
export function openSigned(note: string, keys: KeySet, at: number): Checkpoint {
  try {
    const all = { keys: [...keys.keys, ...keyLogKeys(keys)] }
    return openCheckpoint(note, parseCheckpoint(note).origin, all, at)
  } catch (error) {
    throw new CommandError('PT-8031', `the checkpoint is not the log's: ${reasonOf(error)}`)
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
