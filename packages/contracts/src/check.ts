/** Checking by JSON Schema (2020-12): one ajv, compiled validators kept. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Code } from './codes.ts'
import type { Fault } from './faults.ts'
import { httpSchemas } from './generated/http-schemas.ts'

export type HttpSchemaName = keyof typeof httpSchemas

/** An ajv for our own schemas and for checked foreign ones: all faults, nothing fetched. */
export function newAjv(options: { allErrors: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    verbose: false,
  })
  addFormats.default(ajv, ['date-time', 'date', 'time', 'uri', 'uuid', 'ipv4'])
  return ajv
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
  return faultsOf(validate.errors ?? [], code)
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

function faultsOf(errors: readonly ErrorObject[], code: Code): Fault[] {
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
    default:
      return message ?? keyword
  }
}
