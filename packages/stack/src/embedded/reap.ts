import { setTimeout as wait } from 'node:timers/promises'
import { findProcesses } from './process-table.ts'

const GRACE_MS = 8_000
const POLL_MS = 50

/**
 * Ends servers that a crashed run left behind: only processes that hold one of the marks, which name this data
 * directory. They are asked first, so that they can write what they hold, and killed if they do not go.
 *
 * @returns how many there were
 */
export async function reapOrphans(marks: readonly string[]): Promise<number> {
  const orphans = await findProcesses(marks)
  if (orphans.length === 0) return 0
  signalAll(orphans, 'SIGTERM')
  const deadline = Date.now() + GRACE_MS
  let left = orphans
  while (left.length > 0) {
    await wait(POLL_MS)
    left = (await findProcesses(marks)).filter((pid) => orphans.includes(pid))
    if (Date.now() > deadline) signalAll(left, 'SIGKILL')
  }
  return orphans.length
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // it has ended meanwhile
    }
  }
}
