import { SpanKind, type SpanOptions, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { topicFor } from '@prooftrail/contracts'
import type { Outgoing } from '../documents/document.ts'
import type { RoundInput } from '../round-input.ts'
import type { Outcome, Outcomes } from '../rounds/outcome.ts'
import { doorCause, processSpan, type SpanId, spanOf, traceOf } from './ids.ts'
import { requestSpan } from './requests.ts'

/** A span that is over. */
export interface EndedSpan {
  id: SpanId
  name: string
  /** Of the same trace, and told by whoever made it. */
  parent?: SpanId | undefined
  /** Epoch milliseconds. */
  from: number
  to: number
  options: Pick<SpanOptions, 'kind' | 'attributes' | 'links'>
  /** Why it failed. */
  fault?: string | undefined
}

/** Takes spans that are over. */
export type Export = (span: EndedSpan) => void

const PARKED: ReadonlySet<string> = new Set([topicFor('parked'), topicFor('tool.parked')])
const MESSAGING = { 'messaging.system': 'kafka' } as const

/**
 * One trace per work order, across the bus: each input that a service works on is a span below the
 * message that it came with, each message that follows is a span below the input that caused it, and
 * so is each effect (a tool run, a request). Spans are told when they are over. No span holds what an
 * order says, a handle or a secret.
 */
export class Traces {
  readonly #service: string
  readonly #group: string
  readonly #export: Export

  constructor(service: string, group: string, take: Export) {
    this.#service = service
    this.#group = group
    this.#export = take
  }

  /** The inputs of a round, as they ended. What changes nothing and is asked again leaves no span. */
  processed(outcomes: Outcomes, from: number): void {
    const to = Date.now()
    for (const [entry, outcome] of outcomes) {
      if (isTold(entry, outcome)) this.#processed(entry, outcome, { from, to, of: outcomes.size })
    }
  }

  #processed(
    { input, origin, span, doc, within }: RoundInput,
    { outcome, parking, refusal }: Outcome,
    { from, to, of }: { from: number; to: number; of: number },
  ): void {
    const document = parking?.value.document ?? doc
    const parent = within ?? span
    const traceId = parent?.traceId ?? traceOf(document ?? input.key ?? input.id)
    const code = parking?.value.reason_code ?? refusal?.code
    const waited = Date.parse(input.at)
    this.#export({
      id: { traceId, spanId: processSpan(this.#service, input.id) },
      name: `process ${origin?.topic ?? input.type}`,
      ...{ parent, from, to, fault: outcome === 'failed' ? outcome : code },
      options: {
        kind: origin ? SpanKind.CONSUMER : SpanKind.INTERNAL,
        attributes: {
          ...(origin && {
            ...MESSAGING,
            'messaging.operation.type': 'process',
            'messaging.operation.name': 'process',
            'messaging.destination.name': origin.topic,
            'messaging.destination.partition.id': String(origin.partition),
            'messaging.kafka.offset': Number(origin.offset),
            'messaging.consumer.group.name': this.#group,
            'messaging.message.id': input.id,
            'messaging.batch.message_count': of,
          }),
          'prooftrail.input': input.type,
          'prooftrail.outcome': outcome,
          ...(document === undefined ? {} : { 'prooftrail.document': document }),
          ...(code === undefined ? {} : { 'prooftrail.code': code }),
          // queue time, apart from work time
          ...(Number.isFinite(waited) && { 'prooftrail.waited_ms': Math.max(0, from - waited) }),
        },
      },
    })
  }

  /**
   * Messages that the broker has now.
   * @param again whether they may have been published before
   */
  sent(messages: readonly Outgoing[], from: number, again = false): void {
    const to = Date.now()
    for (const { id, topic, key, headers } of messages) {
      const span = spanOf(headers.traceparent)
      if (!span) continue
      const parent = this.#sender(span, topic, headers.ce_causationid)
      const request = parent ? undefined : requestSpan()
      this.#export({
        id: span,
        name: `send ${topic}`,
        ...(parent ? { parent } : {}),
        ...{ from, to },
        options: {
          kind: SpanKind.PRODUCER,
          attributes: {
            ...MESSAGING,
            'messaging.operation.type': 'send',
            'messaging.operation.name': 'send',
            'messaging.destination.name': topic,
            'messaging.message.id': id,
            'prooftrail.document': key,
            ...(again ? { 'prooftrail.republished': true } : {}),
          },
          ...(request
            ? { links: [{ context: { ...request, traceFlags: TraceFlags.SAMPLED } }] }
            : {}),
        },
      })
    }
  }

  /** What a message follows: an input, but where a door says it, or where it tells what was set aside. */
  #sender(span: SpanId, topic: string, cause: string | undefined): SpanId | undefined {
    const isInput = cause !== undefined && cause !== doorCause(this.#service) && !PARKED.has(topic)
    return isInput ? { ...span, spanId: processSpan(this.#service, cause) } : undefined
  }

  /** An effect that has ended. @param span its own; @param parent the input that asked for it */
  effect(span: SpanId, parent: SpanId | undefined, run: EffectRun): void {
    const { document, effect, from, fault } = run
    this.#export({
      id: span,
      name: `effect ${this.#service}`,
      ...{ parent, from, to: Date.now(), fault },
      options: {
        kind: SpanKind.INTERNAL,
        attributes: { 'prooftrail.document': document, 'prooftrail.effect': effect },
      },
    })
  }
}

export interface EffectRun {
  document: string
  effect: string
  /** Epoch milliseconds. */
  from: number
  fault?: string | undefined
}

/** Whether an input came to something, once and for all. */
function isTold({ input, discards }: RoundInput, { outcome }: Outcome): boolean {
  if (discards !== undefined || outcome === 'seen' || outcome === 'waiting') return false
  return input.type !== 'due' || outcome === 'decided'
}

/** What a span says of a fault. */
export function statusOf(fault: string | undefined) {
  return fault === undefined
    ? { code: SpanStatusCode.UNSET }
    : { code: SpanStatusCode.ERROR, message: fault }
}
