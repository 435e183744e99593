import { followTask, type TaskEvent, type TaskView } from '@prooftrail/agent-sdk'
import { CommandError } from '../fault.ts'
import { colour, mark, type Output, pad } from '../output.ts'
import { serviceUrl } from '../world.ts'

/** One event as a line: time since the first, stage, what happened. */
export function eventLine(event: TaskEvent, startedAt: number): string {
  const since = Math.max(0, Date.parse(event.at) - startedAt)
  const time = colour.dim(`${(since / 1000).toFixed(3).padStart(8)} s`)
  return `${time}  ${pad(colour.cyan(event.stage), 12)} ${event.summary}`
}

/** Why an order was refused, a line each; nothing for any other. */
export function reasonLines(task: TaskView): string[] {
  return (task.reasons ?? []).map(
    ({ code, detail }) => `${' '.repeat(12)}${colour.yellow(code)}  ${detail}`,
  )
}

/** Seconds as an option gives them. @throws CommandError exit 2 */
export function secondsOf(text: string): number {
  if (/^\d{1,7}(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text)
  throw new CommandError('PT-8013', `--timeout takes seconds above 0, not '${text}'`, 2)
}

export async function watch(id: string, options: { timeout: string }, out: Output): Promise<void> {
  const events: TaskEvent[] = []
  const timeoutMs = 1000 * secondsOf(options.timeout)
  const following = followTask(id, {
    console: serviceUrl('console'),
    timeoutMs,
    ...(process.env.PROOFTRAIL_TOKEN ? { token: process.env.PROOFTRAIL_TOKEN } : {}),
  })
  while (!out.closed) {
    const next = await following.next()
    if (next.done) {
      const { value } = next
      out.document({ ...value, events })
      for (const line of reasonLines(value)) out.say(line)
      out.say(
        `${mark(value.verdict === 'refused' ? 'no' : 'ok')} sealed: ${colour.bold(String(value.verdict))}`,
      )
      out.say(colour.dim(`  the proof: prooftrail trail ${value.work_order_id}`))
      return
    }
    events.push(next.value)
    const first = events[0]
    out.say(eventLine(next.value, Date.parse(first?.at ?? next.value.at)))
  }
}
