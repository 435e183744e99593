import { doors, partsOf, type Route } from '@prooftrail/contracts/doors'
import { problem } from '@prooftrail/runtime'
import type { Express, Request, Response } from 'express'
import type { ConsoleConfig } from './config.ts'

const TIMEOUT_MS = 10_000
/** By what a caller shows who it is: a Bearer, or its signature of the request. */
export const CREDENTIALS = ['authorization', 'signature-input', 'signature'] as const
/** What a reader needs of the other service's answer; nothing else is passed on. */
const HEADERS = ['content-type', 'cache-control', 'www-authenticate', 'retry-after'] as const

/** Where the owners of what the console passes on are. */
export type Owners = Pick<
  ConsoleConfig,
  'attestationUrl' | 'dispatchUrl' | 'intakeUrl' | 'receiptUrl'
>

/** Every route of another service that the console answers too, with its owner's address. */
export function passedOn({ attestationUrl, dispatchUrl, intakeUrl, receiptUrl }: Owners) {
  const owners = [
    [attestationUrl, doors.attestation],
    [intakeUrl, doors.intake],
    [receiptUrl, doors.receipt],
    [dispatchUrl, doors.dispatch],
  ] as const
  return owners.flatMap(([base, routes]) =>
    Object.entries<Route>(routes).flatMap(([key, route]) =>
      route.passedOn ? [{ base, ...partsOf(key), maxBytes: route.body?.maxBytes ?? 0 }] : [],
    ),
  )
}

/**
 * One public base address for all that people read: what belongs to another service, and is marked
 * `passedOn` there, is asked of it with the caller's own credentials, and answered as it is. What is
 * no reading goes to its owner (307).
 */
export function forwardReads(app: Express, config: Owners): void {
  for (const { base, method, path } of passedOn(config)) {
    if (method === 'GET') app.get(path, (req, res) => forward(base, req, res))
    else app.post(path, (req, res) => res.redirect(307, `${base}${req.originalUrl}`))
  }
}

/**
 * Asks the owner what the caller asks, and answers what it answers.
 * @param body of a request that acts, as it came
 */
export async function forward(
  base: string,
  req: Request,
  res: Response,
  { body, timeoutMs = TIMEOUT_MS }: { body?: Uint8Array; timeoutMs?: number } = {},
): Promise<void> {
  const names = body === undefined ? CREDENTIALS : ([...CREDENTIALS, 'content-type'] as const)
  const shown = names.flatMap((name) => {
    const value = req.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  let answer: globalThis.Response
  let said: Buffer
  try {
    answer = await fetch(`${base}${req.originalUrl}`, {
      method: req.method,
      headers: Object.fromEntries(shown),
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    said = Buffer.from(await answer.arrayBuffer())
  } catch {
    problem(res, 503, 'PT-7003', `what serves ${req.path} does not answer`, { retryable: true })
    return
  }
  for (const name of HEADERS) {
    const value = answer.headers.get(name)
    if (value !== null) res.set(name, value)
  }
  res.status(answer.status).send(said)
}
