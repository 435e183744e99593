import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { problem } from '@prooftrail/runtime'
import express, { type Express, type RequestHandler } from 'express'

/** Where `npm run build` of the workspace puts the page: beside sources and beside built files alike. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../web/dist/', import.meta.url))

/**
 * What the page may do: run its own files and talk to its own origin. Nothing is inline; a script's
 * address is made by one policy of the page's own.
 */
export const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types prooftrail',
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': PAGE_CSP,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** Where answers are for machines: nothing below is a page. */
const NO_PAGES = /^\/(v1|assets|tile|healthz|readyz|metrics|keys\.json|checkpoint)(\/|$)/

/**
 * Serves the operator's page: its files by names that change with what they hold, and one document
 * for every address of it. Mounted behind all other routes.
 * @param folder where the built page is
 */
export function servePage(app: Express, folder: string = PAGE_FOLDER): void {
  const assets = express.static(join(folder, 'assets'), {
    immutable: true,
    maxAge: '365d',
    index: false,
    redirect: false,
  })
  app.use('/assets', withHeaders, assets)
  app.get('/icon.svg', withHeaders, express.static(folder, { index: false }))
  app.get('/*path', withHeaders, document(folder))
  app.get('/', withHeaders, document(folder))
}

const withHeaders: RequestHandler = (_req, res, next) => {
  res.set(HEADERS)
  next()
}

function document(folder: string): RequestHandler {
  const file = join(folder, 'index.html')
  return (req, res, next) => {
    if (NO_PAGES.test(req.path) || req.accepts(['html', 'json']) !== 'html') return next()
    // read at each request: a build may end after the start, and may be made anew
    if (!existsSync(file)) {
      problem(res, 503, 'PT-7020', 'the page is not built (yet): npm run build:page', {
        retryable: true,
      })
      return
    }
    res.set('cache-control', 'no-cache').type('html').send(readFileSync(file, 'utf8'))
  }
}
