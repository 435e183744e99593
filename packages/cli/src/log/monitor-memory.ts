import { existsSync } from 'node:fs'
import { parseCheckpoint } from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { writeFileWhole } from '../whole-file.ts'
import { reasonOf } from './known-keys.ts'

/** What a monitor remembers: the newest checkpoint that it found good, and since when (milliseconds). */
export interface Memory {
  note: string
  since: number
}

const FORMAT = 'prooftrail-monitor/v1'

/** What a monitor knew when it last ended well. @throws CommandError PT-8006 for another file */
export function readMemory(path: string | undefined): Memory | undefined {
  if (path === undefined || !existsSync(path)) return undefined
  const { format, note, since } = Object(readJsonFile(path))
  try {
    if (format !== FORMAT || !Number.isSafeInteger(since)) throw new Error('another file')
    parseCheckpoint(String(note))
    return { note: String(note), since }
  } catch (error) {
    const why = `${path} is not the state of a monitor: ${reasonOf(error)}`
    throw new CommandError('PT-8006', why, 2)
  }
}

export function writeMemory(path: string, { note, since }: Memory): void {
  writeFileWhole(path, `${JSON.stringify({ format: FORMAT, note, since }, null, 2)}\n`, 0o644)
}
