import type { Code } from '@prooftrail/contracts'

/** What a handler answers besides plain JSON: a status or headers of its own, or bytes. */
export class Reply<T> {
  body: T
  status: number | undefined
  headers: Readonly<Record<string, string>>

  constructor(body: T, status: number | undefined, headers: Readonly<Record<string, string>>) {
    this.body = body
    this.status = status
    this.headers = headers
  }
}

/** Answers with a status or headers of its own; `type` is the media type of what is no JSON. */
export function reply<T>(
  body: T,
  {
    status,
    type,
    headers = {},
  }: { status?: number; type?: string; headers?: Readonly<Record<string, string>> } = {},
): Reply<T> {
  return new Reply(
    body,
    status,
    type === undefined ? headers : { ...headers, 'content-type': type },
  )
}

/** A problem document; its status is the code's. */
export class Refused {
  code: Code
  detail: string
  extras: Readonly<Record<string, unknown>>
  headers: Readonly<Record<string, string>>

  constructor(
    code: Code,
    detail: string,
    extras: Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>>,
  ) {
    this.code = code
    this.detail = detail
    this.extras = extras
    this.headers = headers
  }
}

/** @param extras members of the problem document besides */
export function refuse(
  code: Code,
  detail: string,
  extras: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Refused {
  return new Refused(code, detail, extras, headers)
}

/** The handler answers by itself: a stream. */
export const STREAMED: unique symbol = Symbol('streamed')
