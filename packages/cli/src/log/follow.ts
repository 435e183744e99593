import { CommandError } from '../fault.ts'
import { colour, mark, type Output } from '../output.ts'
import { writeFileWhole } from '../whole-file.ts'
import { type Alarm, type Look, look, type MonitorOptions } from './monitor.ts'
import { readMemory, writeMemory } from './monitor-memory.ts'
import { openLogSource } from './source.ts'

export interface FollowOptions {
  keys: string
  state?: string
  policy?: string
  trail?: string[]
  maxAge?: string
  every: string
  once?: boolean
}

/** Alarms that pass by themselves; all others are for people, and end the following. */
const PASSING: readonly Alarm['code'][] = ['PT-8036', 'PT-8038']

/**
 * Follows a log and shouts at what it must not do.
 * @returns the exit code: 0 nothing found, 1 an alarm, 3 (with --once) no answer
 */
export async function monitor(
  place: string,
  options: FollowOptions,
  out: Output,
  stopped: Promise<void>,
): Promise<number> {
  const source = openLogSource(place)
  const every = seconds(options.every, '--every')
  const wanted: MonitorOptions = {
    ...options,
    maxAgeMs: options.maxAge === undefined ? undefined : seconds(options.maxAge, '--max-age'),
  }
  let memory = readMemory(options.state)
  let said = ''
  let isOver = false
  const over = stopped.then(() => {
    isOver = true
  })
  for (;;) {
    let found: Look | undefined
    try {
      const answer = await look(source, wanted, memory, Date.now())
      found = answer.look
      if (answer.memory && options.state) writeMemory(options.state, answer.memory)
      memory = answer.memory
    } catch (error) {
      if (options.once || !(error instanceof CommandError) || error.exit !== 3) throw error
      tell(out, `${mark('dot')} ${error.code} ${error.message}`)
    }
    if (found !== undefined) {
      shout(found)
      const isForPeople = found.alarms.some(({ code }) => !PASSING.includes(code))
      if (options.once || isForPeople) return end(found)
    }
    await Promise.race([over, pause(every)])
    if (isOver) return found ? end(found) : 0
  }

  function shout(found: Look): void {
    const { origin, size, grown = 0, alarms } = found
    if (alarms.length === 0) {
      const more = grown > 0 ? `, ${grown} new` : ''
      tell(out, `${mark('ok')} ${origin}: ${size} leaves${more}, one growing tree`)
    } else {
      const lines = alarms.map(({ code, detail }) => `  ${code} ${detail}`)
      tell(out, colour.red(colour.bold(`✗ ALARM: ${place}\n${lines.join('\n')}`)))
    }
  }

  /** Says a line unless it was the last one. */
  function tell(to: Output, line: string): void {
    if (line !== said) to.say(line)
    said = line
  }

  function end(found: Look): number {
    out.document({ place, ...found })
    if (found.evidence && options.state) {
      const path = `${options.state}.evidence.json`
      writeFileWhole(path, `${JSON.stringify({ place, ...found }, null, 2)}\n`, 0o644)
      out.say(colour.red(`  both checkpoints are kept in ${path}: they prove it to anybody`))
    }
    return found.alarms.length > 0 ? 1 : 0
  }
}

function seconds(text: string, name: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value * 1000
  throw new CommandError('PT-8013', `${name} takes seconds, not '${text}'`, 2)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
