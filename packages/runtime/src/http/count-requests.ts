import type { RequestHandler, Response } from 'express'
import { exemplarOf } from '../message.ts'
import type { ServiceMetrics } from '../metrics.ts'
import { traceOfRequest } from '../tracing/requests.ts'

/**
 * Counts requests by the route that answers them and by what they came to. A route is the pattern
 * with its method (`GET /v1/tasks/:token`), never the path: handles and ids are in paths.
 */
export function countRequests({
  requests,
  requestSeconds,
}: Pick<ServiceMetrics, 'requests' | 'requestSeconds'>): RequestHandler {
  return (req, res, next) => {
    const begun = performance.now()
    const exemplarLabels = exemplarOf(traceOfRequest(req))
    res.once('close', () => {
      // Express sets it when a route matches.
      const pattern: unknown = req.route?.path
      const named = typeof pattern === 'string' ? pattern : 'several'
      const route = pattern === undefined ? 'none' : `${req.method} ${named}`
      // A stream is open for as long as somebody listens: its time says nothing of the door's.
      const isStream = String(res.getHeader('content-type')).startsWith('text/event-stream')
      requests.inc({ route, outcome: isStream ? 'ok' : outcomeOf(res) })
      if (isStream) return
      const value = (performance.now() - begun) / 1000
      requestSeconds.observe({ value, labels: { route }, exemplarLabels })
    })
    next()
  }
}

function outcomeOf({ statusCode, writableFinished }: Response): string {
  if (!writableFinished) return 'gone'
  if (statusCode >= 500) return 'failed'
  if (statusCode === 429) return 'shed'
  return statusCode >= 400 ? 'refused' : 'ok'
}
