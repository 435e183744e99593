import { isWorkOrderId } from '@prooftrail/trail/format'
import { type Logger, type LoggerOptions, pino } from 'pino'
import { maskText } from './mask-text.ts'
import type { RoundInput } from './round-input.ts'
import { traceFrom } from './rounds/apply-events.ts'
import { causeOf, traceOf } from './tracing/ids.ts'

/**
 * One JSON line per event, with the service's name, and with what it is about: `work_order_id` and
 * `trace_id` where they are known, `code` where there is one.
 * L1 Whose order and which trace a line is about is said where it is logged (`aboutDocument` and its
 *    like). Node's own way to know it (AsyncLocalStorage) makes every promise of a process dearer.
 * L2 No line holds a handle, a secret or what an order says. Errors are told by kind, message and place;
 *    what drivers hang on to them (documents, requests) stays out, and every line is masked whole.
 * L3 What is logged as an error pages somebody: `pages` is the only way to it, and names the alert.
 */

/** What a line is about. */
export interface Subject {
  work_order_id?: string
  /** A document that is no work order's: `agent/<id>`, `tool/<name>`, … */
  document?: string
  /** 32 hex digits. */
  trace_id?: string
}

/** What a line about a document says. @param traceId the trace in hand; default the document's own */
export function aboutDocument(document: string, traceId?: string): Subject {
  // of an executor, one attempt of the order
  const [order = ''] = document.split('/')
  if (!isWorkOrderId(order)) {
    return { document, ...(traceId === undefined ? {} : { trace_id: traceId }) }
  }
  return { work_order_id: order, trace_id: traceId ?? traceOf(order) }
}

/** What a line about an effect says, while it goes on. */
export function aboutEffect(document: string, effect: object): Subject {
  return aboutDocument(document, causeOf(effect)?.traceId)
}

/** What a line about an input says. @param document where it is known; else only the message's trace */
export function aboutInput(entry: RoundInput, document = entry.doc): Subject {
  if (document !== undefined) return aboutDocument(document, traceFrom(entry, document))
  return entry.span ? { trace_id: entry.span.traceId } : {}
}

/** Alerts that page, and that a line of the log stands beside. */
export const PAGING = [
  'ProoftrailDoorsFail',
  'ProoftrailLogStopped',
  'ProoftrailLoopStuck',
  'ProoftrailServiceDown',
] as const

/** Logs an error: somebody is paged for it, by the alert that the line names. */
export function pages(
  log: Logger,
  alert: (typeof PAGING)[number],
  about: Readonly<{ code: string }> & object,
  text: string,
): void {
  log.error({ ...about, alert }, text)
}

const MOST_MESSAGE = 1_000

/** An error without what its maker hangs on to it. */
function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error).slice(0, MOST_MESSAGE) }
  const { name, message, stack = '', cause } = error
  const { code, errors } = error as { code?: unknown; errors?: unknown }
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '))
  return {
    type: name,
    message: message.slice(0, MOST_MESSAGE),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    // of addresses that were tried one after the other, each
    ...(Array.isArray(errors) ? { errors: errors.slice(0, 5).map(reasonOf) } : {}),
    ...(cause instanceof Error ? { cause: reasonOf(cause) } : {}),
    stack: frames.join('\n'),
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.slice(0, MOST_MESSAGE)
}

/**
 * @param service undefined where several share the process and each names itself
 * @param file where the lines go: a path or a file descriptor; default standard output
 */
export function makeLog(
  service: string | undefined,
  level: string,
  file?: string | number,
): Logger {
  const options: LoggerOptions = {
    level,
    base: service === undefined ? null : { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorFields },
    hooks: { streamWrite: maskText },
    redact: {
      paths: ['*.secret', '*.password', '*.authorization', '*.d', 'headers.authorization'],
      censor: '[redacted]',
    },
  }
  return file === undefined ? pino(options) : pino(options, pino.destination(file))
}
