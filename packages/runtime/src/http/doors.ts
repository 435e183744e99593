import { type CodeTable, codes as contractCodes } from '@prooftrail/contracts'
import { partsOf, type Route, type Routes } from '@prooftrail/contracts/doors'
import type { Express, Request, Response } from 'express'
import { codes as ownCodes } from '../codes.ts'
import { type Access, type Caller, NOBODY } from './access.ts'
import { Refused, Reply, refuse, STREAMED } from './answers.ts'
import type { Call, Handlers } from './handler.ts'
import { problem } from './problem.ts'
import { bodyReader, queryReader } from './requests.ts'

/** Routes with what answers them. */
export interface Doors<R extends Routes> {
  routes: R
  handlers: Handlers<NoInfer<R>>
  access: Pick<Access, 'caller'>
  /** The service's own codes. */
  codes: CodeTable
}

/** Whoever answers one route, whichever it is. */
type AnyHandler = (call: { [M in keyof Call<string, Route>]: unknown }) => unknown

/**
 * Mounts routes. Each request is answered in one way: who asks is judged first (401 PT-8001, 403
 * PT-8008), then what is asked (PT-9033, PT-9038 or the route's own codes), and the handler last.
 * What it refuses is a problem document with the status of its code. A path with another method is
 * 405 PT-9037.
 */
export function mountDoors<R extends Routes>(app: Express, doors: Doors<R>): void {
  const { routes, access } = doors
  const table: CodeTable = { ...contractCodes, ...ownCodes, ...doors.codes }
  // `Handlers` typed each for its own route; here they are looked up by its key.
  const handlers = new Map(Object.entries(doors.handlers) as [string, AnyHandler][])
  const methods = new Map<string, string[]>()
  for (const [key, route] of Object.entries<Route>(routes)) {
    const { method, path } = partsOf(key)
    methods.set(path, [...(methods.get(path) ?? []), method])
    const answer = answererOf(route, handlers.get(key), access)
    const verb = method.toLowerCase() as 'get' | 'post' | 'put' | 'delete'
    app[verb](path, async (req, res) => {
      const said = await answer(req, res)
      if (said instanceof Refused) sendRefusal(res, said, table)
      else if (said !== STREAMED) send(res, said, route)
    })
  }
  for (const [path, known] of methods) {
    app.all(path, (req, res) => {
      res.set('Allow', known.join(', '))
      problem(res, 405, 'PT-9037', `${req.path} takes ${known.join(', ')}`)
    })
  }
}

/** What a request of the route is answered with. */
function answererOf(
  route: Route,
  handler: AnyHandler | undefined,
  access: Pick<Access, 'caller'>,
): (req: Request, res: Response) => Promise<unknown> {
  const readQuery = queryReader(route)
  const bytesOf = bodyReader(route)
  const { who } = route
  return async (req, res) => {
    try {
      const caller = who === 'public' ? NOBODY : await access.caller(req)
      if ((who === 'viewer' || who === 'operator' || who === 'admin') && !caller.is(who)) {
        return denial(caller, who)
      }
      const query = readQuery(req.query)
      const { bytes, body } = bytesOf(req, res)
      const params = Object.fromEntries(
        Object.entries(req.params).map(([name, value]) => [name, [value].flat().join('/')]),
      )
      const call = { params, query, bytes, body: await body(), caller, req, res }
      return await handler?.({ ...call, denied: () => denial(caller, who) })
    } catch (error) {
      if (error instanceof Refused) return error
      throw error
    }
  }
}

const NEEDS: Readonly<Record<Route['who'], string>> = {
  public: 'nothing',
  viewer: 'a token of a viewer as Bearer',
  operator: 'an operator token as Bearer',
  admin: 'an admin’s token as Bearer',
  task: 'the task handle or an operator token as Bearer',
  signer: 'a signature',
  'signer or task': 'the task handle or an operator token as Bearer, or the agent’s signature',
  'signer or operator': 'a signature, or an operator token as Bearer',
}

/** The one answer to somebody who may not: whether there is what was asked for is not told. */
function denial(caller: Caller, who: Route['who']): Refused {
  if (caller.name === undefined) {
    return refuse('PT-8001', `this needs ${NEEDS[who]}`, {}, { 'WWW-Authenticate': 'Bearer' })
  }
  const least = who === 'operator' || who === 'admin' ? who : 'viewer'
  const has = caller.role ?? 'none of the roles'
  return refuse('PT-8008', `this needs the role ${least}; ${caller.name} has ${has}`)
}

function sendRefusal(res: Response, { code, detail, extras, headers }: Refused, table: CodeTable) {
  const entry = table[code]
  res.set(headers)
  const title = entry === undefined ? {} : { title: entry.title }
  problem(res, entry?.http ?? 400, code, detail, { ...title, ...extras })
}

function send(res: Response, said: unknown, { status, types }: Route): void {
  const {
    body,
    headers,
    status: own,
  } = said instanceof Reply ? said : { body: said, headers: {}, status: undefined }
  const [usual = 200] = [status ?? []].flat()
  res.status(own ?? usual).set(headers)
  const isText = typeof body === 'string' && types !== undefined
  if (body instanceof Uint8Array) res.send(Buffer.from(body))
  else if (isText) res.send(body)
  else if (res.get('content-type') === undefined) res.json(body)
  else res.send(JSON.stringify(body))
}
