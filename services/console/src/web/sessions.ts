import { randomBytes } from 'node:crypto'
import { consoleRoutes } from '@prooftrail/contracts/doors'
import { type Access, foreignOrigin, problem } from '@prooftrail/runtime'
import express, { type Express, type Request, type RequestHandler } from 'express'
import { mountOidc, type OidcClient } from './oidc.ts'
import { type Session, SessionCookie } from './session-cookie.ts'
import { redeem, type UseOnce } from './sign-in-link.ts'

/** What sessions are made of. */
export interface SessionsConfig {
  /** SESSION_KEY; absent: one of this process, so that its end ends every session. */
  secret?: string
  /** The token that a link's session is worth; absent on open doors, and where only an issuer counts. */
  operatorToken?: string
  publicUrl: string
  useLink: UseOnce
  /** Absent: nobody signs in with an issuer. */
  oidc?: OidcClient
  now?: () => number
}

/** How a person is shown who is signed in. */
interface Shown {
  signed_in: boolean
  name?: string
  role?: 'viewer' | 'operator' | 'admin'
  open: boolean
  ends_at?: string
  ways: readonly string[]
  /** Whether these doors tell by themselves what changes. */
  stream: boolean
}

const LIFETIME_SECONDS = 12 * 3_600
/** More than any token that somebody may type or paste. */
const MAX_BODY = 16 * 1024

/**
 * Sessions of the page: a cookie stands for a Bearer, and acts by it come from the page alone.
 * `GET /v1/session`: who is signed in; `POST`: `{link}` or `{token}`; `DELETE`: signs out.
 * Mounted before every other route.
 */
export function mountSessions(app: Express, access: Access, config: SessionsConfig): void {
  const { publicUrl, operatorToken, useLink: use, now = Date.now } = config
  const secret = config.secret ?? randomBytes(32).toString('base64')
  const cookie = new SessionCookie(secret, publicUrl)
  const ways = [
    ...(access.open || operatorToken !== undefined ? ['link'] : []),
    ...(operatorToken === undefined ? [] : ['token']),
    ...(config.oidc ? ['oidc'] : []),
  ]

  app.use(asSignedIn(cookie, publicUrl))

  if (config.oidc) mountOidc(app, { access, cookie, publicUrl, client: config.oidc })

  app.get('/v1/session', async (req, res) => {
    res.set('cache-control', 'no-store').json(await shown(req, await cookie.read(req)))
  })

  app.post('/v1/session', express.json({ limit: MAX_BODY }), async (req, res) => {
    const { link, token } = Object(req.body)
    const begins = await begun({ link, token })
    if (typeof begins === 'string') return problem(res, 401, 'PT-7021', begins)
    await cookie.set(res, begins)
    showBearer(req, begins)
    res.set('cache-control', 'no-store').json(await shown(req, begins))
  })

  app.delete('/v1/session', (_req, res) => {
    cookie.clear(res)
    res.set('cache-control', 'no-store').json({ signed_in: false })
  })

  /** The session that a link or token opens; else why it opens none. */
  async function begun({ link, token }: Record<string, unknown>): Promise<Session | string> {
    const endsAt = Math.floor(now() / 1000) + LIFETIME_SECONDS
    if (typeof link === 'string') {
      if (!ways.includes('link')) return 'this console has no sign-in by link'
      const fault = await redeem(link, { secret, now: now(), use })
      if (fault !== undefined) return `the link does not count: ${fault}`
      return { endsAt, ...(operatorToken === undefined ? {} : { bearer: operatorToken }) }
    }
    if (typeof token !== 'string') return 'a session wants {link} or {token}'
    const req = {
      get: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined),
    }
    // access looks at this one header
    const caller = await access.caller(req as unknown as Request)
    return caller.is('viewer') ? { endsAt, bearer: token } : 'nobody is known by this token'
  }

  async function shown(req: Request, session: Session | undefined): Promise<Shown> {
    const { name, role } = await access.caller(req)
    return {
      signed_in: role !== undefined,
      open: access.open,
      ...(role === undefined ? {} : { name: name ?? role, role }),
      ...(session ? { ends_at: new Date(session.endsAt * 1000).toISOString() } : {}),
      ways,
      stream: Object.keys(consoleRoutes).includes('GET /v1/stream'),
    }
  }
}

/** Shows services what the session stands for, unless the request shows something itself. */
function asSignedIn(cookie: SessionCookie, publicUrl: string): RequestHandler {
  return async (req, res, next) => {
    const isShown = req.get('authorization') !== undefined
    const session = isShown ? undefined : await cookie.read(req)
    const isByBrowser = session !== undefined || req.path === '/v1/session'
    const foreign = isByBrowser ? foreignOrigin(req, publicUrl) : undefined
    if (foreign !== undefined) return problem(res, 403, 'PT-7022', foreign)
    if (session) showBearer(req, session)
    next()
  }
}

function showBearer(req: Request, { bearer }: Session): void {
  if (bearer !== undefined) req.headers.authorization = `Bearer ${bearer}`
}
