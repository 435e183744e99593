import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TopicName, topicFor } from '@prooftrail/contracts'

/** Where a process kills itself; see saboteur.js. */
export type Point = 'save' | 'saved' | 'publish' | 'published' | 'commit'

/** What the services' processes are told to do wrong. */
export interface Sabotage {
  /** Variables that put the saboteur into every service's process. */
  env: Record<string, string>
  /** At its n-th call to that point the service's process kills itself. */
  crash(port: string, point: Point, nth: number): void
  /** It is not to kill itself any more. */
  spare(port: string): void
  /** From now on everything that the service publishes is published twice, or no more. */
  twice(port: string, on: boolean): void
  /** The service gets nothing of these topics until others are named. */
  hold(port: string, topics: readonly TopicName[]): void
  /** The crashes that have happened, oldest first. */
  crashes(): { port: string; point: string }[]
}

/** @param dir of this run alone @param sessionMs how long a group waits for a member that is gone */
export function makeSabotage(dir: string, sessionMs: number): Sabotage {
  mkdirSync(dir, { recursive: true })
  const log = join(dir, 'crashes')
  appendFileSync(log, '')
  const change = (port: string, change: object) => {
    const file = join(dir, `${port}.json`)
    writeFileSync(`${file}.test`, JSON.stringify({ ...readOr(file), ...change }))
    // read at every call: never half of it
    renameSync(`${file}.test`, file)
  }
  return {
    env: {
      NODE_OPTIONS: `--import ${new URL('./saboteur.js', import.meta.url).href}`,
      FAULTS_DIR: dir,
      FAULTS_SESSION_MS: String(sessionMs),
    },
    crash: (port, point, nth) => change(port, { crash: { point, nth } }),
    spare: (port) => change(port, { crash: undefined }),
    twice: (port, twice) => change(port, { twice }),
    hold: (port, topics) => change(port, { hold: topics.map((name) => topicFor(name)) }),
    crashes() {
      const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean)
      return lines.map((line) => {
        const [port = '', point = ''] = line.split(' ')
        return { port, point }
      })
    },
  }
}

function readOr(file: string): object {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}
