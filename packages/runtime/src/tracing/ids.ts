import { hash, randomBytes } from 'node:crypto'

/**
 * Ids of traces and spans (W3C Trace Context).
 * T1 The spans of a message and of its processing have ids that follow from what they are about, so
 *    that whoever comes after knows its parent without asking, in another process and after a crash.
 */

/** A span as others name it. */
export interface SpanId {
  /** 32 hex digits. */
  traceId: string
  /** 16 hex digits. */
  spanId: string
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const NONE = /^0+$/

/** The span that a `traceparent` header names; undefined for what is none. */
export function spanOf(traceparent: string | undefined): SpanId | undefined {
  const [, traceId = '', spanId = ''] = traceparent?.match(TRACEPARENT) ?? []
  if (traceId === '' || NONE.test(traceId) || NONE.test(spanId)) return undefined
  return { traceId, spanId }
}

/** The trace of what is about a document and came with no trace: one for each, and for its order. */
export function traceOf(document: string): string {
  return hash('sha256', document).slice(0, 32)
}

/** The span of a message, of what its id says. */
export function messageSpan(messageId: string): string {
  return hash('sha256', messageId).slice(0, 16)
}

/** The span in which a service works on an input. */
export function processSpan(service: string, input: string): string {
  return hash('sha256', `${service} processes ${input}`).slice(0, 16)
}

/** What a message names as its cause that a service's door says. */
export function doorCause(service: string): string {
  return `${service}-door`
}

/** What caused an effect, worked out where somebody asks. */
const causes = new WeakMap<object, () => SpanId | undefined>()

/** Keeps beside an effect which span it follows; an effect that is begun anew follows none. */
export function noteCause(effect: object, span: () => SpanId | undefined): void {
  causes.set(effect, span)
}

/** The span of the input that asked for an effect. */
export function causeOf(effect: object): SpanId | undefined {
  return causes.get(effect)?.()
}

/** A span that nobody has to know beforehand. */
export function freshSpan(): string {
  return randomBytes(8).toString('hex')
}
