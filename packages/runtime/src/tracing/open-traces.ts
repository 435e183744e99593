import { ROOT_CONTEXT, TraceFlags, type Tracer, trace } from '@opentelemetry/api'
import type { IdGenerator } from '@opentelemetry/sdk-trace'
import type { SpanId } from './ids.ts'
import { type EndedSpan, type Export, statusOf, Traces } from './traces.ts'

/** Where spans go, and how many of them. */
export interface TracingConfig {
  /** Base of an OTLP/HTTP receiver: `http://collector:4318`. */
  endpoint: string
  /** Which share of traces is told, 0 to 1; all services agree on which they are. */
  ratio: number
}

/** Traces of the services of one process. */
export interface Tracing {
  of(service: string, group: string): Traces
  /** For spans that are no service's round: requests at doors. */
  exporter(service: string): Export
  /** Sends what is left. */
  close(): Promise<void>
}

/** Gives a span the id that it already has in the headers of a message. */
class KnownIds implements IdGenerator {
  next: SpanId = { traceId: '', spanId: '' }

  generateTraceId(): string {
    return this.next.traceId
  }

  generateSpanId(): string {
    return this.next.spanId
  }
}

/** Opens the way to an OTLP receiver. The SDK is loaded by whoever has one. */
export async function openTracing({ endpoint, ratio }: TracingConfig): Promise<Tracing> {
  const [{ BatchSpanProcessor, TraceIdRatioBasedSampler, TracerProvider }, otlp, resources] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ])
  const exporter = new otlp.OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })
  const processor = new BatchSpanProcessor({ exporter })
  const ids = new KnownIds()

  const exports = new Map<string, Export>()
  const exportOf = (service: string): Export => {
    const known = exports.get(service) ?? newExport(service)
    exports.set(service, known)
    return known
  }

  function newExport(service: string): Export {
    const provider = new TracerProvider({
      idGenerator: ids,
      // a trace id is a digest: whoever asks it alone agrees with all others
      sampler: new TraceIdRatioBasedSampler(ratio),
      resource: resources.resourceFromAttributes({
        'service.name': service,
        'service.namespace': 'prooftrail',
      }),
      spanProcessors: [processor],
    })
    const tracer = provider.getTracer('prooftrail')
    return (span) => tell(tracer, ids, span)
  }

  return {
    of: (service, group) => new Traces(service, group, exportOf(service)),
    exporter: exportOf,
    close: () => processor.shutdown(),
  }
}

function tell(tracer: Tracer, ids: KnownIds, span: EndedSpan): void {
  const { id, name, parent, from, to, options, fault } = span
  ids.next = id
  const isParent = parent !== undefined && parent.traceId === id.traceId
  const context = isParent
    ? trace.setSpanContext(ROOT_CONTEXT, {
        ...parent,
        ...{ traceFlags: TraceFlags.SAMPLED, isRemote: true },
      })
    : ROOT_CONTEXT
  const one = tracer.startSpan(name, { ...options, startTime: from }, context)
  one.setStatus(statusOf(fault))
  one.end(to)
}
