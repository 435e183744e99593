/** Checking by JSON Schema (2020-12): one ajv, compiled validators kept. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Code } from './codes.ts'
import { readTime } from './dates.ts'
import type { Fault } from './faults.ts'
import { httpSchemas } from './generated/http-schemas.ts'

export type HttpSchemaName = keyof typeof httpSchemas

/** The format of a time that somebody else writes: an instant, or a bare date for its whole day. */
export const INSTANT_OR_DAY = 'instant-or-day'

/**
 * An ajv for our own schemas and for checked foreign ones: all faults, nothing fetched. What a time
 * is, `readTime` alone says: ajv's own `date-time` takes a blank for T, `+01` and no zone at all.
 */
export function newAjv(options: { allErrors: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    verbose: false,
  })
  addFormats.default(ajv, ['time', 'uri', 'uuid', 'ipv4'])
  ajv.addFormat('date-time', (text: string) => formOf(text) === 'instant')
  ajv.addFormat('date', (text: string) => formOf(text) === 'day')
  ajv.addFormat(INSTANT_OR_DAY, (text: string) => formOf(text) !== undefined)
  return ajv
}

function formOf(text: string): 'instant' | 'day' | undefined {
  const read = readTime(text)
  return 'time' in read ? read.time.form : undefined
}

const ajv = newAjv({ allErrors: true })
const validators = new Map<HttpSchemaName, ValidateFunction>()

/** Every fault of a value against a schema of schemas/http/, or a compiled one. */
export function checkBySchema(
  schema: HttpSchemaName | ValidateFunction,
  value: unknown,
  code: Code,
): Fault[] {
  const validate = typeof schema === 'string' ? validatorOf(schema) : schema
  if (validate(value)) return []
  return toFaults(validate.errors ?? [], code)
}

/** Compiles one of our own schemas. */
export function compileOwn(schema: object): ValidateFunction {
  return ajv.compile(schema)
}

function validatorOf(name: HttpSchemaName): ValidateFunction {
  const known = validators.get(name)
  if (known !== undefined) return known
  const validator = ajv.compile(httpSchemas[name])
  validators.set(name, validator)
  return validator
}

/** How many faults of one value are told. */
const MAX_FAULTS = 100

/** What ajv found, as faults. */
export function toFaults(errors: readonly ErrorObject[], code: Code): Fault[] {
  return errors
    .filter(({ keyword }) => keyword !== 'if')
    .slice(0, MAX_FAULTS)
    .map((error) => ({ code, path: pathOf(error), detail: detailOf(error) }))
}

function pathOf({ instancePath, keyword, params }: ErrorObject): string {
  const member: unknown =
    keyword === 'required'
      ? params.missingProperty
      : keyword === 'additionalProperties'
        ? params.additionalProperty
        : undefined
  return typeof member === 'string' ? `${instancePath}/${member}` : instancePath
}

function detailOf({ keyword, params, message }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'missing'
    case 'additionalProperties':
      return 'not declared'
    case 'enum':
      return `must be one of ${String(params.allowedValues)}`
    case 'const':
      return `must be ${String(params.allowedValue)}`
    case 'format':
      return params.format === INSTANT_OR_DAY
        ? 'must be a time with a zone (RFC 3339) or a date YYYY-MM-DD'
        : (message ?? keyword)
    default:
      return message ?? keyword
  }
}
