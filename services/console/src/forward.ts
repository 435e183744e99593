import { problem } from '@prooftrail/runtime'
import type { Express, Request, Response } from 'express'
import type { ConsoleConfig } from './config.ts'

const TIMEOUT_MS = 10_000
/** By what a caller shows who it is: a Bearer, or its signature of the request. */
const CREDENTIALS = ['authorization', 'signature-input', 'signature'] as const
/** What a reader needs of the other service's answer; nothing else is passed on. */
const HEADERS = ['content-type', 'cache-control'] as const

/**
 * One public base address for all that people read: what belongs to another service is asked there,
 * with the caller's own credentials, and answered as it is. Acts go to their owner (307).
 */
export function forwardReads(app: Express, config: ConsoleConfig): void {
  const { attestationUrl, dispatchUrl, intakeUrl, receiptUrl } = config
  const owners: [string, readonly string[]][] = [
    [attestationUrl, ['/v1/trails/:id', '/keys.json', '/checkpoint', '/tile/*path']],
    [intakeUrl, ['/v1/work-orders/:id', '/v1/agents/:id', '/v1/tools', '/v1/tools/:name']],
    [receiptUrl, ['/v1/settlements/:id', '/v1/receipts/:id', '/v1/accounts/:account']],
    [receiptUrl, ['/v1/accounts/:account/entries']],
    [dispatchUrl, ['/v1/tasks/:id/acts']],
  ]
  for (const [base, paths] of owners) {
    app.get([...paths], (req, res) => forward(base, req, res))
  }
  app.post('/v1/work-orders', (req, res) => res.redirect(307, `${intakeUrl}${req.originalUrl}`))
  app.post('/v1/tasks/:id/acts', (req, res) =>
    res.redirect(307, `${dispatchUrl}${req.originalUrl}`),
  )
}

async function forward(base: string, req: Request, res: Response): Promise<void> {
  const credentials = CREDENTIALS.flatMap((name) => {
    const value = req.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  let answer: globalThis.Response
  let body: Buffer
  try {
    answer = await fetch(`${base}${req.originalUrl}`, {
      headers: Object.fromEntries(credentials),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    body = Buffer.from(await answer.arrayBuffer())
  } catch {
    problem(res, 503, 'PT-7003', `what serves ${req.path} does not answer`, { retryable: true })
    return
  }
  for (const name of HEADERS) {
    const value = answer.headers.get(name)
    if (value !== null) res.set(name, value)
  }
  res.status(answer.status).send(body)
}
