import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { AccessConfig } from '../config.ts'
import { problem } from './problem.ts'

/**
 * Who may act and who may read. An operator shows the configured token, or a JWT of the configured
 * OIDC issuer, as Bearer. A task handle (`tt_…`) opens reading of its own task and nothing else.
 */
export interface Access {
  open: boolean
  /** The operator's name (`sub` of the JWT, or `operator`), if the request shows one. */
  operator(req: Request): Promise<string | undefined>
  /** Middleware: operators only, else 401 problem PT-8001. */
  requireOperator: RequestHandler
  /** True for an operator and for the holder of the task's handle. */
  mayRead(req: Request, taskToken: string | undefined): Promise<boolean>
}

export function makeAccess(config: AccessConfig): Access {
  const keys = config.oidc
    ? createRemoteJWKSet(new URL(`${config.oidc.issuer.replace(/\/+$/, '')}/.well-known/jwks.json`))
    : undefined

  async function operator(req: Request): Promise<string | undefined> {
    if (config.open) return 'operator'
    const token = bearer(req)
    if (token === undefined) return undefined
    if (config.operatorToken !== undefined && sameText(token, config.operatorToken))
      return 'operator'
    if (!config.oidc || !keys) return undefined
    try {
      const { payload } = await jwtVerify(token, keys, config.oidc)
      return payload.sub ?? 'operator'
    } catch {
      return undefined
    }
  }

  return {
    open: config.open,
    operator,
    requireOperator: async (req, res, next) => {
      if ((await operator(req)) !== undefined) return next()
      problem(res, 401, 'PT-8001', 'this needs an operator token as Bearer')
    },
    mayRead: async (req, taskToken) => {
      const token = bearer(req)
      if (token !== undefined && taskToken !== undefined && sameText(token, taskToken)) return true
      return (await operator(req)) !== undefined
    },
  }
}

function bearer(req: Request): string | undefined {
  const [, token] = req.get('authorization')?.match(/^Bearer (\S+)$/i) ?? []
  return token
}

/** Compares digests, so that neither content nor length leaks through time. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
