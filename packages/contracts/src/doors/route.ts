/**
 * A route as data. From it come who is let in, how a denial is answered, schemas/openapi.json, the
 * types of clients, what the console passes on, and the tables of the services' pages.
 */
import type { Static, TObject, TSchema } from 'typebox'
import type { Code } from '../codes.ts'

/** Who is answered, and what they show. */
export const WHO = {
  public: 'everybody',
  viewer: 'viewer',
  operator: 'operator',
  admin: 'admin',
  task: 'viewer, or the task’s handle',
  signer: 'whoever signed it',
  'signer or task': 'the agent’s signature, a viewer, or the task’s handle',
  'signer or operator': 'whoever signed it, or an operator',
} as const
export type Who = keyof typeof WHO

/** What a request carries. */
export interface RouteBody {
  schema: TSchema
  maxBytes: number
  /**
   * The handler gets the bytes and judges them itself: who signed, before what they say. Else the
   * body is read strictly and checked against its schema before the handler sees it.
   */
  raw?: true
  /** Code of a body that is no such thing; default PT-9033. */
  malformed?: Code
  /** Code of one that is too large; default PT-9038. */
  tooLarge?: Code
}

/** One route; its method and path are its key in a table. */
export interface Route {
  who: Who
  /** What it answers, in a sentence or less; Markdown. */
  says: string
  /** Parameters behind `?`, all of them: one that is not named here is refused. */
  query?: TObject
  /** Code of parameters that are not what the schema says; default PT-9033. */
  malformed?: Code
  body?: RouteBody
  /** Of the answer; default 200. Several: the first is the usual one. */
  status?: number | readonly [number, ...number[]]
  /** The JSON that it answers; absent: bytes of a type of their own. */
  answer?: TSchema
  /** Media types besides, or instead of, JSON. */
  types?: readonly [string, ...string[]]
  /** The console answers it too: it asks the owner with the caller's credentials; an act goes there (307). */
  passedOn?: true
  /** The codes that it answers with, besides those of every door (`codesOf`). */
  codes: readonly Code[]
}

/** Method and path: `GET /v1/runs/:id`; `*name` stands for the rest of the path. */
export type RouteKey = `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`
export type Routes = Readonly<Record<RouteKey, Route>>

/** All codes that a route may answer with: its own, and those of how it is asked. */
export function codesOf({ who, body, codes, malformed = 'PT-9033' }: Route): Code[] {
  const denials: Code[] = who === 'public' ? [] : ['PT-8001', 'PT-8008']
  const sent: Code[] = body ? [body.malformed ?? 'PT-9033', body.tooLarge ?? 'PT-9038'] : []
  return [...new Set([...codes, ...denials, ...sent, malformed, 'PT-9033', 'PT-9034'] as Code[])]
}

/** A route's method and path. */
export function partsOf(key: string): { method: string; path: string } {
  const [method = '', path = ''] = key.split(' ')
  return { method, path }
}

/** The names of a path's parameters, in order. */
export function namesIn(path: string): string[] {
  return [...path.matchAll(/[:*](\w+)/g)].map(([, name = '']) => name)
}

type NamesIn<P extends string> = P extends `${string}:${infer N}/${infer Rest}`
  ? N | NamesIn<`/${Rest}`>
  : P extends `${string}:${infer N}`
    ? N
    : never

/** The parameters of a path by their names. */
export type ParamsOf<K> = { [N in NamesIn<K & string>]: string }

/** What a route is asked with and answers, as its schemas say. */
export interface OfRoute<R> {
  query: R extends { query: infer Q extends TSchema } ? Static<Q> : object
  body: R extends { body: { schema: infer B extends TSchema; raw?: undefined } }
    ? Static<B>
    : undefined
  sent: R extends { body: { schema: infer B extends TSchema } } ? Static<B> : undefined
  answer: R extends { answer: infer A extends TSchema } ? Static<A> : never
}
