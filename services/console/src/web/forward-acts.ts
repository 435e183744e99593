import { type Access, problem } from '@prooftrail/runtime'
import express, { type Express, type RequestHandler } from 'express'
import { CREDENTIALS, forward, type Owners, passedOn } from '../forward.ts'

/** A batch of many runs is read and written before it is answered. */
const TIMEOUT_MS = 30_000

/**
 * What the page asks to be done goes to its owner through here: a browser follows no redirect to
 * another origin under the page's policy. Programs are sent there themselves (307), by the routes
 * behind these. Of whoever shows nothing no body is read, unless doors are open.
 */
export function forwardActs(app: Express, access: Pick<Access, 'open'>, owners: Owners): void {
  for (const { base, method, path, maxBytes } of passedOn(owners)) {
    if (method === 'GET') continue
    app.post(
      path,
      (req, _res, next) => next(req.get('sec-fetch-site') === undefined ? 'route' : undefined),
      ...(access.open ? [] : [wantsCredentials]),
      bytesOf(maxBytes),
      async (req, res) => {
        const body = req.body instanceof Uint8Array ? req.body : new Uint8Array()
        res.set('cache-control', 'no-store')
        await forward(base, req, res, { body, timeoutMs: TIMEOUT_MS })
      },
    )
  }
}

/** The owner judges what is shown; what shows nothing needs no judge. */
const wantsCredentials: RequestHandler = (req, res, next) => {
  if (CREDENTIALS.some((name) => req.get(name) !== undefined)) return next()
  res.set({ 'www-authenticate': 'Bearer', 'cache-control': 'no-store' })
  problem(res, 401, 'PT-8001', 'this needs an operator token as Bearer, or a signature')
}

/** Reads a body as it came. */
function bytesOf(maxBytes: number): RequestHandler {
  const read = express.raw({ type: () => true, limit: maxBytes })
  return (req, res, next) =>
    read(req, res, (error?: { status?: number }) => {
      if (error?.status !== 413) next(error)
      else problem(res, 413, 'PT-9038', `${req.path} takes no body of more than ${maxBytes} bytes`)
    })
}
