import { compileOwn } from '@prooftrail/contracts'
import type { Route } from '@prooftrail/contracts/doors'
import { TrailError } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import express, { type Request, type Response } from 'express'
import { refuse } from './answers.ts'

/** How many faults of one request are told. */
const MAX_FAULTS = 20

/** Reads what stands behind `?`: declared parameters alone, each once, in the form of the schema. */
export function queryReader({ query, malformed = 'PT-9033' }: Route): (given: object) => object {
  const schemas = new Map<string, object>(Object.entries({ ...query?.properties }))
  const check = compileOwn(query ?? {})
  return (given) => {
    const read: Record<string, unknown> = {}
    for (const [name, schema] of schemas) {
      if (Reflect.get(schema, 'default') !== undefined) read[name] = Reflect.get(schema, 'default')
    }
    for (const [name, value] of Object.entries<unknown>({ ...given })) {
      const schema = schemas.get(name)
      if (schema === undefined) {
        throw refuse(malformed, `${name.slice(0, 80)} is no parameter of this door`)
      }
      if (typeof value !== 'string') throw refuse(malformed, `${name} is given more than once`)
      read[name] = readValue(value, Reflect.get(schema, 'type'))
    }
    if (!check(read)) throw refuse(malformed, faultsOf(check.errors))
    return read
  }
}

/** A parameter is text; what a schema calls a number or a truth value is read as one. */
function readValue(text: string, type: unknown): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'boolean' && ['', 'true', '1'].includes(text)) return true
  if (type === 'boolean' && ['false', '0'].includes(text)) return false
  return text
}

/** Reads a body: strictly and by its schema, or as bytes when the handler asks for them. */
export function bodyReader({
  body,
}: Route): (
  req: Request,
  res: Response,
) => { bytes(): Promise<Uint8Array>; body(): Promise<unknown> } {
  if (body === undefined) {
    const none = { bytes: async () => new Uint8Array(), body: async () => undefined }
    return () => none
  }
  const { schema, maxBytes, raw, malformed = 'PT-9033', tooLarge = 'PT-9038' } = body
  const read = express.raw({ type: () => true, limit: maxBytes })
  const check = compileOwn(raw ? {} : schema)
  return (req, res) => {
    const bytes = () =>
      new Promise<Uint8Array>((resolve, reject) => {
        read(req, res, (error?: { status?: number }) => {
          if (error?.status === 413) {
            reject(refuse(tooLarge, `the body is larger than ${maxBytes} bytes`))
          } else if (error) reject(error)
          else resolve(req.body instanceof Uint8Array ? req.body : new Uint8Array())
        })
      })
    const parsed = async () => {
      if (raw) return undefined
      let value: unknown
      try {
        value = parseStrict(await bytes())
      } catch (error) {
        if (error instanceof TrailError) throw refuse(malformed, `${error.code}: ${error.message}`)
        throw error
      }
      if (!check(value)) throw refuse(malformed, faultsOf(check.errors))
      return value
    }
    return { bytes, body: parsed }
  }
}

type Errors = ReturnType<typeof compileOwn>['errors']

function faultsOf(errors: Errors): string {
  return (errors ?? [])
    .slice(0, MAX_FAULTS)
    .map(({ instancePath, message, params }) =>
      `${instancePath || '/'}: ${message} ${params.additionalProperty ?? ''}`.trim(),
    )
    .join('; ')
}
