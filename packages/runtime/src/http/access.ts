import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { AccessConfig } from '../config.ts'
import { problem } from './problem.ts'

/**
 * Who may act and who may read.
 * A1 The configured token is an admin's. A JWT of the configured issuer, for its audience, is worth
 *    the highest role that it lists; without one of the roles, a name (`sub`) or an end (`exp`) it
 *    opens nothing.
 * A2 A viewer reads everything; an operator acts on runs, agents and tools; an admin moves money.
 * A3 A task handle (`tt_…`) opens reading of its own task and nothing else.
 */
export interface Access {
  open: boolean
  caller(req: Request): Promise<Caller>
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
export type Role = (typeof ROLES)[number]

/** Who asks, as far as the request shows. */
export interface Caller {
  /** Undefined: nobody known; the holder of a handle is nobody's name. */
  name: string | undefined
  /** Absent where nobody is known, or their JWT names none. */
  role: Role | undefined
  /** Tells one caller from another, and tells nothing about either. */
  session: string
  is(least: Role): boolean
  /** True for a viewer and above, and for the holder of the task's handle. */
  mayRead(taskToken: string | undefined): boolean
}

/** Who shows nothing. */
export const NOBODY: Caller = {
  name: undefined,
  role: undefined,
  session: '',
  is: () => false,
  mayRead: () => false,
}

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
      const { payload } = await jwtVerify(token, keys, { ...expected, requiredClaims: ['exp'] })
      // `operator` is whoever has the token: what a person does bears their own name
      return payload.sub ? { name: payload.sub, role: roleOf(payload, rolesClaim) } : undefined
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

  async function caller(req: Request): Promise<Caller> {
    const person = await personOf(req)
    const shown = bearer(req)
    return {
      name: person?.name,
      role: person?.role,
      session: digestOf(shown ?? person?.name ?? '').toString('base64url'),
      is: (least) => reaches(person, least),
      mayRead: (taskToken) =>
        (shown !== undefined && taskToken !== undefined && sameText(shown, taskToken)) ||
        reaches(person, 'viewer'),
    }
  }

  return {
    open: config.open,
    caller,
    async operator(req) {
      const person = await personOf(req)
      return reaches(person, 'operator') ? person?.name : undefined
    },
    requireViewer: require('viewer'),
    requireOperator: require('operator'),
    requireAdmin: require('admin'),
    mayRead: async (req, taskToken) => (await caller(req)).mayRead(taskToken),
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
  return timingSafeEqual(digestOf(one), digestOf(other))
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
