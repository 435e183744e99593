import type { OfRoute, ParamsOf, Routes } from '@prooftrail/contracts/doors'
import type { Request, Response } from 'express'
import type { Caller } from './access.ts'
import type { Refused, Reply, STREAMED } from './answers.ts'

/** A request, as the handler of its route sees it. */
export interface Call<K, R> {
  params: ParamsOf<K>
  /** As its schema says, with the defaults of what was not given. */
  query: OfRoute<R>['query']
  /** As its schema says; undefined for a route that judges the bytes itself. */
  body: OfRoute<R>['body']
  /** Reads the body of a route that judges it itself. @throws Refused for one that is too large */
  bytes(): Promise<Uint8Array>
  caller: Caller
  /** What somebody is answered who may not read this: the same for what is there and what is not. */
  denied(): Refused
  req: Request
  res: Response
}

/** What a handler may answer. */
export type Answered<R> =
  | (R extends { answer: object } ? Loose<OfRoute<R>['answer']> : never)
  | Reply<
      (R extends { answer: object } ? Loose<OfRoute<R>['answer']> : never) | string | Uint8Array
    >
  | Refused
  | typeof STREAMED

/** One function for each route. */
export type Handlers<R extends Routes> = {
  readonly [K in keyof R]: (call: Call<K, R[K]>) => Answered<R[K]> | Promise<Answered<R[K]>>
}

/** A value that becomes one of type T as JSON: undefined members are left out, lists may be read-only. */
export type Loose<T> = T extends readonly (infer U)[]
  ? readonly Loose<U>[]
  : T extends object
    ? { readonly [M in keyof T]: Loose<T[M]> | (object extends Pick<T, M> ? undefined : never) }
    : T
