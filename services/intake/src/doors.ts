import { type Access, problem, type Reader } from '@prooftrail/runtime'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { codes, type Fault } from './codes.ts'
import type { State, Tools } from './state.ts'

/** What intake's doors work with, and how they answer. */
export type Doors = {
  store: Pick<Reader<State>, 'read' | 'find'>
  access: Pick<
    Access,
    'requireAdmin' | 'requireOperator' | 'requireViewer' | 'mayRead' | 'operator'
  >
} & Omit<Tools, 'policy' | 'isDoors' | 'hasRoomForTools'>

/** Answers a fault as a problem document (RFC 9457). */
export function answer(
  res: Response,
  { code, detail }: Fault,
  extras: Record<string, unknown> = {},
): void {
  const entry = codes[code]
  problem(res, 'http' in entry ? entry.http : 400, code, detail, { title: entry.title, ...extras })
}

/** Reads a body of any content type as bytes; one that is too large is answered PT-1009. */
export function raw(limit: string): RequestHandler {
  const read = express.raw({ type: () => true, limit })
  return (req, res, next) => {
    read(req, res, (error?: { status?: number }) => {
      if (error?.status !== 413) return next(error)
      answer(res, { code: 'PT-1009', detail: `the body is larger than ${limit}` })
    })
  }
}

export function bodyOf({ body }: Request): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array()
}
