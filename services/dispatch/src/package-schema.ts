import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

/** Compiled once a manifest; digests never change, so neither does the answer. */
const compiled = new Map<string, ValidateFunction>()
const MAX_COMPILED = 500

/** Faults of a result package against its manifest's schema; none: it holds. */
export function checkPackage(manifestDigest: string, schema: unknown, value: unknown): string[] {
  let validate = compiled.get(manifestDigest)
  if (!validate) {
    const ajv = new Ajv2020({ allErrors: true, strict: false })
    addFormats.default(ajv)
    validate = ajv.compile(schema as object)
    if (compiled.size >= MAX_COMPILED) compiled.clear()
    compiled.set(manifestDigest, validate)
  }
  if (validate(value)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `result_package${instancePath} ${message}`,
  )
}
