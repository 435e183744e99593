import type { Doc } from '../documents/document.ts'
import { aboutInput } from '../log.ts'
import { type ServiceMetrics, tally } from '../metrics.ts'
import type { Input } from '../service.ts'
import type { Decided } from './decide.ts'
import type { Open } from './open-inputs.ts'
import type { Outcomes } from './outcome.ts'
import { type Parker, parkable, parkedMessage } from './park.ts'
import type { RoundTools } from './tools.ts'

/** A due time that was not the document's, or that came to nothing, is set again. */
export function askAgain<S, I extends Input>(
  { follow }: Pick<RoundTools<S>, 'follow'>,
  docs: ReadonlyMap<string, Doc<S>>,
  { changes }: Decided<S>,
  open: Open<I>,
  outcomes: Outcomes,
  undecided: ReadonlySet<string>,
): void {
  for (const [id, queue] of open) {
    const last = queue.findLast(({ input }) => input.type === 'due')
    if (!last || changes.has(id) || undecided.has(id)) continue
    follow.due(id, docs.get(id)?.due_at, outcomes.get(last)?.askAgainMs)
  }
}

/** Parks, keeps what waits, drops what waited, counts. */
export async function settle<S>(
  { metrics, log, waiting, codec, outbox }: RoundTools<S>,
  service: Parker,
  outcomes: Outcomes,
): Promise<void> {
  for (const [entry, { waiting: one }] of outcomes) {
    // What is asked again has its place already.
    const refusal = one && entry.input.waited === undefined ? waiting.refusal(one) : undefined
    if (refusal === undefined) continue
    const parking = parkable(service.name, entry.input, entry.origin, refusal, undefined)
    outcomes.set(entry, { outcome: 'parked', parking })
  }
  const all = [...outcomes]
  const parked = new Map(
    all.flatMap(([, { parking }]) => (parking ? [[parking.input, parking]] : [])),
  )
  await outbox.send([...parked.values()].map((one) => parkedMessage(codec, service, one)))
  const kept = all.filter(([{ input }, { waiting }]) => waiting && input.waited === undefined)
  await waiting.keep(kept.flatMap(([, { waiting }]) => waiting ?? []))
  const decided = all.filter(
    ([{ input }, { outcome }]) => input.waited !== undefined && outcome !== 'waiting',
  )
  await waiting.drop(decided.map(([{ input }]) => input.id))
  countInputs(metrics, outcomes)
  for (const [entry, { refusal, document: of, parking, waiting: one }] of all) {
    const { input } = entry
    if (one) waiting.waits(one.id, one.wanted)
    if (refusal) {
      const { code, detail } = refusal
      metrics.refused.inc({ code })
      if (log.isLevelEnabled('debug')) {
        log.debug({ code, input: input.type, ...aboutInput(entry, of) }, `refused: ${detail}`)
      }
    }
    if (!parking) continue
    const { reason_code: code, detail, document } = parking.value
    metrics.parked.inc({ code })
    log.info({ code, input: input.type, ...aboutInput(entry, document) }, `parked: ${detail}`)
  }
}

/** Types and outcomes are words without a blank. */
function countInputs({ inputs }: Pick<ServiceMetrics, 'inputs'>, outcomes: Outcomes): void {
  const kinds = [...outcomes].map(([{ input }, { outcome }]) => `${outcome} ${input.type}`)
  for (const [kind, count] of tally(kinds)) {
    const [outcome = '', type = ''] = kind.split(' ')
    inputs.inc({ type, outcome }, count)
  }
}
