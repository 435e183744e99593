import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler, type Express } from 'express'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { problem } from './problem.ts'

/** Answers `/healthz`: alive; `/readyz`: reaches what it needs; `/metrics`: Prometheus text. */
export interface Probes {
  /** Undefined when alive, else what is wrong. */
  health(): string | undefined
  ready(): Promise<string | undefined>
  metrics: Registry
}

export interface HttpServer {
  url: string
  port: number
  close(): Promise<void>
}

/**
 * Serves probes and the service's own routes.
 * @param host the address that is listened on
 */
export async function serveHttp(
  { host, port }: { host: string; port: number },
  probes: Probes,
  routes: ((app: Express) => void) | undefined,
  log: Logger,
): Promise<HttpServer> {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.get('/healthz', (_req, res) => {
    const fault = probes.health()
    if (fault) problem(res, 503, 'PT-9030', fault)
    else res.json({ status: 'ok' })
  })
  app.get('/readyz', async (_req, res) => {
    const fault = await probes.ready()
    if (fault) problem(res, 503, 'PT-9031', fault)
    else res.json({ status: 'ready' })
  })
  app.get('/metrics', async (_req, res) => {
    res.type(probes.metrics.contentType).send(await probes.metrics.metrics())
  })
  routes?.(app)
  app.use((req, res) => problem(res, 404, 'PT-9032', `nothing at ${req.method} ${req.path}`))
  app.use(failed(log))
  const server = await listen(app, port, host)
  // listen() on a host and port always yields an AddressInfo.
  const address = server.address() as AddressInfo
  return {
    port: address.port,
    url: `http://${address.address}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 1_000).unref()
      }),
  }
}

function failed(log: Logger): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (res.headersSent) return next(error)
    const status = Number(error?.status ?? error?.statusCode ?? 500)
    if (status >= 400 && status < 500) {
      problem(res, status, 'PT-9033', String(error.message ?? 'the request cannot be read'))
      return
    }
    log.error({ err: error, path: req.path }, 'request failed')
    problem(res, 503, 'PT-9034', 'the service cannot answer now; try again', { retryable: true })
  }
}

function listen(app: Express, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host, (error?: Error) => {
      if (error) reject(error)
      else resolve(server)
    })
  })
}
