import type { Request, RequestHandler } from 'express'
import { problem } from './problem.ts'

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/**
 * Why a request that acts may not use a right which the browser adds by itself: a session's cookie, or
 * this machine's open doors. Undefined where it may, and for one that only reads: programs send neither
 * header, and a page of another site learns nothing of an answer.
 * @param publicUrl the address of the doors as people open it, where it is another than they listen at
 */
export function foreignOrigin(req: Request, publicUrl?: string): string | undefined {
  if (READS.has(req.method)) return undefined
  const site = req.get('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return `it comes from another site (Sec-Fetch-Site: ${site.slice(0, 40)})`
  }
  const origin = req.get('origin')
  if (origin === undefined) return undefined
  const isOwn =
    (publicUrl !== undefined && origin === new URL(publicUrl).origin) ||
    (URL.canParse(origin) && new URL(origin).host === req.get('host'))
  return isOwn ? undefined : `it comes from ${origin.slice(0, 80)}`
}

/**
 * Open doors are for whoever uses this machine. A page that he visits is somebody else, though his
 * browser asks for it: one of another origin does not act here, and one whose name was pointed here
 * (DNS rebinding) does not read either.
 */
export const onlyThisMachine: RequestHandler = (req, res, next) => {
  const isNamed = LOOPBACK.test(req.get('host') ?? '')
  const foreign = isNamed ? foreignOrigin(req) : 'open doors answer to names of this machine alone'
  if (foreign === undefined) next()
  else problem(res, 403, 'PT-9043', foreign)
}
