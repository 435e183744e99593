import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler, type Express, type Request } from 'express'
import type { Logger } from 'pino'
import type { OpenMetricsContentType, Registry } from 'prom-client'
import { codes } from '../codes.ts'
import { aboutDocument, pages, type Subject } from '../log.ts'
import type { ServiceMetrics } from '../metrics.ts'
import { traceOfRequest, traceRequests } from '../tracing/requests.ts'
import type { Export } from '../tracing/traces.ts'
import { countRequests } from './count-requests.ts'
import { problem } from './problem.ts'

/** Answers `/healthz`: alive; `/readyz`: reaches what it needs; `/metrics`: Prometheus text. */
export interface Probes {
  /** Undefined when alive, else what is wrong. */
  health(): { code: string; detail: string } | undefined
  ready(): Promise<string | undefined>
  /** What is not as it should be, and stops nothing: told beside `ready`. */
  warnings?(): readonly { code: string; detail: string }[]
  metrics: Registry<OpenMetricsContentType>
  /** What requests are counted with. */
  counted: Pick<ServiceMetrics, 'requests' | 'requestSeconds'>
  /** Where spans of requests are told, where anybody listens. */
  traced?: Export | undefined
}

export interface HttpServer {
  url: string
  port: number
  close(): Promise<void>
}

/** A port that is listened on before there is anything to serve. */
export interface Door extends HttpServer {
  /** From here on this answers. */
  serve(app: RequestListener): void
}

/**
 * Listens, and answers the probes of a process that starts: it lives, and is not ready.
 * @param waiting what the start waits for, if it waits
 * @throws when the port is taken
 */
export async function openDoor(
  { host, port }: { host: string; port: number },
  waiting: () => string | undefined,
): Promise<Door> {
  let answer: RequestListener = startingApp(waiting)
  const server = createServer((req, res) => answer(req, res))
  await listen(server, port, host)
  // listen() on a host and port always yields an AddressInfo.
  const address = server.address() as AddressInfo
  return {
    port: address.port,
    url: `http://${address.address}:${address.port}`,
    serve(app) {
      answer = app
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 1_000).unref()
      }),
  }
}

function startingApp(waiting: () => string | undefined): RequestListener {
  const app = bareApp()
  const why = () => `starting; ${waiting() ?? 'not done yet'}`
  app.get('/healthz', (_req, res) => void res.json({ status: 'ok' }))
  app.get('/readyz', (_req, res) => problem(res, 503, 'PT-9031', why()))
  app.use((_req, res) => problem(res, 503, 'PT-9034', why(), { retryable: true }))
  return app
}

/** An app that knows the runtime's own codes, and tells nothing that nobody asked for. */
export function bareApp(): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.locals.titles = new Map(Object.entries(codes).map(([code, { title }]) => [code, title]))
  return app
}

/** Serves probes and the service's own routes at a door. */
export function serveHttp(
  door: Door,
  probes: Probes,
  routes: ((app: Express) => void) | undefined,
  log: Logger,
): void {
  const app = bareApp()
  app.get('/healthz', (_req, res) => {
    const fault = probes.health()
    if (fault) problem(res, 503, fault.code, fault.detail)
    else res.json({ status: 'ok' })
  })
  app.get('/readyz', async (_req, res) => {
    const fault = await probes.ready()
    if (fault) problem(res, 503, 'PT-9031', fault)
    else res.json({ status: 'ready', ...warned(probes.warnings?.() ?? []) })
  })
  app.get('/metrics', async (_req, res) => {
    res.type(probes.metrics.contentType).send(await probes.metrics.metrics())
  })
  if (probes.traced) app.use(traceRequests(probes.traced))
  app.use(countRequests(probes.counted))
  routes?.(app)
  app.use((req, res) => problem(res, 404, 'PT-9032', `nothing at ${req.method} ${req.path}`))
  app.use(failed(log))
  door.serve(app)
}

/** Whose order and which trace a line about a request is about. */
function aboutRequest(req: Request): Subject {
  const [order] = req.path.match(/wo_[a-z2-7]{32}/) ?? []
  const traceId = traceOfRequest(req)
  if (order !== undefined) return aboutDocument(order, traceId)
  return traceId === undefined ? {} : { trace_id: traceId }
}

function warned<W>(warnings: readonly W[]): { warnings?: readonly W[] } {
  return warnings.length === 0 ? {} : { warnings }
}

function failed(log: Logger): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (res.headersSent) return next(error)
    const status = Number(error?.status ?? error?.statusCode ?? 500)
    if (status >= 400 && status < 500) {
      problem(res, status, 'PT-9033', String(error.message ?? 'the request cannot be read'))
      return
    }
    const { method, path } = req
    const about = { code: 'PT-9034', err: error, method, path, ...aboutRequest(req) }
    pages(log, 'ProoftrailDoorsFail', about, 'request failed')
    problem(res, 503, 'PT-9034', 'the service cannot answer now; try again', { retryable: true })
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
