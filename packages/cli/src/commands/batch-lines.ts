import type { AnswerOf } from '@prooftrail/contracts/doors'
import { colour, mark, type Output, pad } from '../output.ts'

/** Batches as lines for people. */

export type Batch = AnswerOf<'GET /v1/batches/:id'>
export type BatchRow = AnswerOf<'GET /v1/batches'>['batches'][number]
export type DryRun = AnswerOf<'GET /v1/batches/:id/dry-run'>
export type BatchRun = AnswerOf<'GET /v1/batches/:id/runs'>['runs'][number]

/** `close of 300 runs: 120 accepted, 2 refused, 178 wait`. */
export function countsLine({ counts, total, act }: BatchRow): string {
  const parts = [
    [counts.accepted, 'accepted'],
    [counts.refused, 'refused'],
    [counts.unanswered, 'unanswered'],
    [counts.asked, 'under way'],
    [counts.waiting, 'wait'],
    [counts.not_asked, 'not asked for'],
  ] as const
  const said = parts.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []))
  return `${act.recovery_action} of ${total} runs: ${said.join(', ')}`
}

/** How much of a batch is answered, as a line that is drawn again. */
export function progressLine(batch: BatchRow): string {
  const { counts, total, status } = batch
  const answered = counts.accepted + counts.refused + counts.unanswered
  const share = total === 0 ? 1 : answered / total
  const width = 24
  const bar = '█'.repeat(Math.floor(share * width)).padEnd(width, '░')
  return `${bar} ${Math.floor(share * 100)} %  ${status}  ${countsLine(batch)}`
}

/** What can be said of the batch now, each with its command. */
export function nextLines({ batch_id, allowed }: BatchRow): string[] {
  return allowed.map((request) => colour.dim(`  prooftrail batch ${request} ${batch_id}`))
}

export function tellBatch(batch: Batch, out: Output): void {
  const { status, settled, changes, selected, requested_by, per_second, act, expires_at } = batch
  const isGood = settled && batch.counts.accepted === batch.total
  out.say(
    `${mark(settled ? (isGood ? 'ok' : 'no') : 'dot')} ${colour.bold(batch.batch_id)} ${status}`,
  )
  out.say(`  ${countsLine(batch)}`)
  out.say(`  ${pad('asked by', 10)} ${requested_by}: ${act.reason}`)
  if (selected !== undefined) out.say(`  ${pad('selected', 10)} ${selected}`)
  out.say(`  ${pad('pace', 10)} ${per_second} a second, until ${expires_at}`)
  for (const { status: to, changed_by, changed_at, reason } of changes) {
    out.say(
      colour.dim(`  ${changed_at}  ${pad(to, 8)} ${changed_by}${reason ? `: ${reason}` : ''}`),
    )
  }
  for (const line of nextLines(batch)) out.say(line)
}

export function tellDryRun(
  { total, accepted, refused, credits, refusals, next }: DryRun,
  out: Output,
) {
  out.say(
    `${mark(refused === 0 ? 'ok' : 'part')} of ${total} acts ${accepted} would be accepted, ${refused} refused`,
  )
  out.say(`  takes  ${credits} credits`)
  for (const { work_order_id, code, detail } of refusals) {
    out.say(`  ${work_order_id}  ${colour.yellow(code)}  ${detail}`)
  }
  if (next !== undefined) out.say(colour.dim(`  and ${refused - refusals.length} more`))
}

export function runLine({
  index,
  work_order_id,
  status,
  code = '',
  detail = '',
}: BatchRun): string {
  const line = `${String(index).padStart(6)}  ${work_order_id}  ${pad(status, 10)} ${colour.yellow(code)} ${detail}`
  return line.trimEnd()
}
