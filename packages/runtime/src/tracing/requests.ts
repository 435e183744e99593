import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { SpanKind } from '@opentelemetry/api'
import type { Request, RequestHandler } from 'express'
import { freshSpan, type SpanId, spanOf } from './ids.ts'
import type { Export } from './traces.ts'

const current = new AsyncLocalStorage<SpanId>()

/** The span of the request that is being answered. */
export function requestSpan(): SpanId | undefined {
  return current.getStore()
}

/** The trace of a request: its own span's, else the one that it names; undefined: none. */
export function traceOfRequest(req: Request): string | undefined {
  return (requestSpan() ?? spanOf(req.get('traceparent')))?.traceId
}

/**
 * A span for each request at a door, below the caller's where the request names one. Its name is the
 * route's pattern, never the path: handles and ids are in paths.
 */
export function traceRequests(take: Export): RequestHandler {
  return (req, res, next) => {
    const parent = spanOf(req.get('traceparent'))
    const id = {
      traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
      spanId: freshSpan(),
    }
    const from = Date.now()
    res.once('close', () => {
      const pattern: unknown = req.route?.path
      const route = typeof pattern === 'string' ? pattern : undefined
      take({
        id,
        name: route === undefined ? req.method : `${req.method} ${route}`,
        ...{ parent, from, to: Date.now() },
        fault: res.statusCode >= 500 ? String(res.statusCode) : undefined,
        options: {
          kind: SpanKind.SERVER,
          attributes: {
            'http.request.method': req.method,
            'http.response.status_code': res.statusCode,
            'url.scheme': req.protocol,
            ...(route === undefined ? {} : { 'http.route': route }),
          },
        },
      })
    })
    current.run(id, next)
  }
}
