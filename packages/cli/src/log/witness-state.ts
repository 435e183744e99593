import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { parseCheckpoint, type Witnessed } from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { writeFileWhole } from '../whole-file.ts'
import { reasonOf } from './known-keys.ts'

/**
 * What a witness remembers: of each log the checkpoint that it cosigned last, in one small file.
 * W1 It is on disk before the cosignature is given.
 * W2 It is whole whenever the process or the machine dies: written beside and renamed.
 * W3 One process at a time holds it.
 * W4 A file that is not there is never taken for a witness that has seen nothing.
 */
export interface WitnessState {
  latest(origin: string): Witnessed | undefined
  /** @param note the cosigned checkpoint, kept as it came: it is what a fork is proven with */
  keep(origin: string, note: string): void
  release(): void
}

const FORMAT = 'prooftrail-witness/v1'

/**
 * @param fresh begin without having seen anything; refused where the file is there
 * @throws CommandError PT-8033 for a file that is absent, held, or not a witness's
 */
export function openWitnessState(path: string, fresh: boolean): WitnessState {
  const lock = hold(`${path}.lock`)
  try {
    const notes = fresh ? newState(path) : readState(path)
    const latest = new Map([...notes].map(([origin, note]) => [origin, parseCheckpoint(note)]))
    return {
      latest: (origin) => latest.get(origin),
      keep(origin, note) {
        const checkpoint = parseCheckpoint(note)
        notes.set(origin, note)
        writeWhole(path, notes)
        latest.set(origin, checkpoint)
      },
      release: lock,
    }
  } catch (error) {
    lock()
    throw error
  }
}

function newState(path: string): Map<string, string> {
  const notes = new Map<string, string>()
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    throw fault(`${path} cannot be begun: ${reasonOf(error)}`)
  }
  writeWhole(path, notes)
  return notes
}

function readState(path: string): Map<string, string> {
  const value = Object(readJsonFile(path))
  if (value.format !== FORMAT) throw fault(`${path} is not the state of a witness`)
  try {
    return new Map(
      Object.entries(Object(value.logs)).map(([origin, note]) => {
        if (parseCheckpoint(String(note)).origin !== origin) throw fault(`${origin}: another log`)
        return [origin, String(note)]
      }),
    )
  } catch (error) {
    throw fault(`${path} is not the state of a witness: ${reasonOf(error)}`)
  }
}

/** Writes the whole file beside the old one, and puts it in its place once it is on disk. */
function writeWhole(path: string, notes: ReadonlyMap<string, string>): void {
  const text = JSON.stringify({ format: FORMAT, logs: Object.fromEntries(notes) }, null, 2)
  writeFileWhole(path, `${text}\n`)
}

/** Holds a lock file that names this process. A holder that is dead has lost it. */
function hold(path: string): () => void {
  for (let tries = 0; ; tries++) {
    try {
      const file = openSync(path, 'wx', 0o600)
      writeSync(file, String(process.pid))
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST'
      if (!taken || tries > 0 || isAlive(path)) {
        throw fault(`${path} is held by another process, or cannot be made: ${reasonOf(error)}`)
      }
      rmSync(path, { force: true })
    }
  }
}

function isAlive(path: string): boolean {
  const pid = Number(readFileSync(path, 'utf8'))
  if (!Number.isSafeInteger(pid) || pid <= 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function fault(detail: string): CommandError {
  return new CommandError('PT-8033', detail, 2)
}
