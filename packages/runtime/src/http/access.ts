import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { AccessConfig } from '../config.ts'
import { problem } from './problem.ts'

/**
 * Who may act and who may read.
 * A1 The configured token is an admin's. A JWT of the configured issuer, for its audience, is worth
 *    the highest role that it lists; without one of the roles it opens nothing.
 * A2 A viewer reads everything; an operator acts on runs, agents and tools; an admin moves money.
 * A3 A task handle (`tt_…`) opens reading of its own task and nothing else.
 */
export interface Access {
  open: boolean
  /** The operator's name (`sub` of the JWT, or `operator`), if the request shows one who may act. */
  operator(req: Request): Promise<string | undefined>
  /** Middleware: 401 problem PT-8001 for nobody known, 403 PT-8008 for a role that is too low. */
  requireViewer: RequestHandler
  requireOperator: RequestHandler
  requireAdmin: RequestHandler
  /** True for a viewer and above, and for the holder of the task's handle. */
  mayRead(req: Request, taskToken: string | undefined): Promise<boolean>
}

/** From the least to the most that may be done. */
const ROLES = ['viewer', 'operator', 'admin'] as const
type Role = (typeof ROLES)[number]

/** Somebody known; `role` is absent where their JWT names none. */
interface Person {
  name: string
  role: Role | undefined
}

/** @param keysOf the issuer's keys; default: its published JWKS */
export function makeAccess(
  config: AccessConfig,
  keysOf: (issuer: string) => JWTVerifyGetKey = publishedKeys,
): Access {
  const keys = config.oidc ? keysOf(config.oidc.issuer) : undefined

  async function personOf(req: Request): Promise<Person | undefined> {
    if (config.open) return { name: 'operator', role: 'admin' }
    const token = bearer(req)
    if (token === undefined) return undefined
    if (config.operatorToken !== undefined && sameText(token, config.operatorToken))
      return { name: 'operator', role: 'admin' }
    if (!config.oidc || !keys) return undefined
    const { rolesClaim, ...expected } = config.oidc
    try {
      const { payload } = await jwtVerify(token, keys, expected)
      return { name: payload.sub ?? 'operator', role: roleOf(payload, rolesClaim) }
    } catch {
      return undefined
    }
  }

  function require(least: Role): RequestHandler {
    return async (req, res, next) => {
      const person = await personOf(req)
      if (reaches(person, least)) return next()
      if (person === undefined) {
        res.set('WWW-Authenticate', 'Bearer')
        problem(res, 401, 'PT-8001', 'this needs an operator token as Bearer')
      } else {
        const has = person.role ?? 'none of the roles'
        problem(res, 403, 'PT-8008', `this needs the role ${least}; ${person.name} has ${has}`)
      }
    }
  }

  return {
    open: config.open,
    async operator(req) {
      const person = await personOf(req)
      return reaches(person, 'operator') ? person?.name : undefined
    },
    requireViewer: require('viewer'),
    requireOperator: require('operator'),
    requireAdmin: require('admin'),
    mayRead: async (req, taskToken) => {
      const token = bearer(req)
      if (token !== undefined && taskToken !== undefined && sameText(token, taskToken)) return true
      return reaches(await personOf(req), 'viewer')
    },
  }
}

function reaches(person: Person | undefined, least: Role): boolean {
  return person?.role !== undefined && ROLES.indexOf(person.role) >= ROLES.indexOf(least)
}

function publishedKeys(issuer: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(`${issuer.replace(/\/+$/, '')}/.well-known/jwks.json`))
}

/** The highest role that the claim lists, as an array or a text with spaces between. */
function roleOf(payload: JWTPayload, claim: string): Role | undefined {
  let value: unknown = payload
  for (const member of claim.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, member) : undefined
  }
  const listed: unknown[] = typeof value === 'string' ? value.split(' ') : [value].flat()
  return ROLES.findLast((role) => listed.includes(role))
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
