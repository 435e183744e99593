import { type Access, problem } from '@prooftrail/runtime'
import type { Express, Request, Response } from 'express'
import { decodeJwt } from 'jose'
import * as oidc from 'openid-client'
import type { SessionCookie } from './session-cookie.ts'

/** How people sign in with their organisation: the code flow with PKCE, for a confidential client. */
export interface OidcClient {
  issuer: string
  clientId: string
  clientSecret: string
}

/** Where the issuer sends people back to; registered there. */
export const CALLBACK = '/v1/session/oidc/callback'

/** A sign-in that takes longer begins anew. */
const FLOW_SECONDS = 600

interface Flow {
  verifier: string
  state: string
  nonce: string
  back: string
}

/**
 * `GET /v1/session/oidc?back=` begins, the callback ends it. The session is one of the issuer's own
 * tokens: whichever names a role at these doors, the access token before the ID token.
 */
export function mountOidc(app: Express, { access, cookie, publicUrl, client }: OidcParts): void {
  let discovered: Promise<oidc.Configuration> | undefined
  const configuration = () => {
    discovered ??= discover(client)
    // an issuer that did not answer is asked again by whoever comes next
    discovered.catch(() => {
      discovered = undefined
    })
    return discovered
  }

  app.get('/v1/session/oidc', async (req, res) => {
    const config = await configuration().catch(() => undefined)
    if (config === undefined) return away(res, client)
    const flow: Flow = {
      verifier: oidc.randomPKCECodeVerifier(),
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      back: ownPath(req.query.back),
    }
    const address = oidc.buildAuthorizationUrl(config, {
      redirect_uri: `${publicUrl}${CALLBACK}`,
      scope: 'openid profile',
      code_challenge: await oidc.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
      state: flow.state,
      nonce: flow.nonce,
    })
    await cookie.setFlow(res, flow, FLOW_SECONDS)
    res.set('cache-control', 'no-store').redirect(302, address.href)
  })

  app.get(CALLBACK, async (req, res) => {
    const flow = readFlow(await cookie.readFlow(req))
    if (flow === undefined) return refuse(res, 'the sign-in took too long, or began elsewhere')
    const config = await configuration().catch(() => undefined)
    if (config === undefined) return away(res, client)
    cookie.clearFlow(res)
    let tokens: Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>
    try {
      tokens = await oidc.authorizationCodeGrant(config, new URL(req.originalUrl, publicUrl), {
        pkceCodeVerifier: flow.verifier,
        expectedState: flow.state,
        expectedNonce: flow.nonce,
      })
    } catch (error) {
      return refuse(res, `the issuer did not confirm it: ${reasonOf(error)}`)
    }
    const bearer = await roleBearer(access, [tokens.access_token, tokens.id_token])
    if (bearer === undefined) {
      return refuse(
        res,
        'the issuer knows you, and gives you none of the roles viewer, operator, admin',
      )
    }
    const { exp = 0 } = decodeJwt(bearer)
    await cookie.set(res, { bearer, endsAt: exp })
    res.set('cache-control', 'no-store').redirect(302, flow.back)
  })
}

export interface OidcParts {
  access: Access
  cookie: SessionCookie
  publicUrl: string
  client: OidcClient
}

function discover({ issuer, clientId, clientSecret }: OidcClient): Promise<oidc.Configuration> {
  const address = new URL(issuer)
  // without TLS only an issuer of this machine is asked
  const isHere = ['127.0.0.1', '[::1]', 'localhost'].includes(address.hostname)
  const options = isHere ? { execute: [oidc.allowInsecureRequests] } : {}
  return oidc.discovery(address, clientId, clientSecret, undefined, options)
}

/** The first token that opens the doors to a viewer. */
async function roleBearer(
  access: Access,
  tokens: readonly (string | undefined)[],
): Promise<string | undefined> {
  for (const token of tokens) {
    if (token === undefined || token.split('.').length !== 3) continue
    const get = (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined)
    // access looks at this one header
    const caller = await access.caller({ get } as unknown as Request)
    if (caller.is('viewer')) return token
  }
  return undefined
}

/** A path of this console; anything else is its first page. */
function ownPath(value: unknown): string {
  const isOwn = typeof value === 'string' && /^\/(?![/\\])/.test(value) && value.length < 2_000
  return isOwn ? value : '/'
}

function readFlow(said: Record<string, unknown> | undefined): Flow | undefined {
  const { verifier, state, nonce, back } = said ?? {}
  const all = [verifier, state, nonce, back]
  if (!all.every((one) => typeof one === 'string')) return undefined
  // each was found to be text
  return { verifier, state, nonce, back } as Flow
}

function refuse(res: Response, detail: string): void {
  problem(res, 401, 'PT-7021', detail)
}

function away(res: Response, { issuer }: OidcClient): void {
  problem(res, 503, 'PT-7023', `${issuer} does not answer`, { retryable: true })
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'no reason'
}
