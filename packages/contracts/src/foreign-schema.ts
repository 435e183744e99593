/**
 * JSON Schemas that third parties bring in a manifest, made harmless before they are compiled:
 * F1 a closed list of keywords, so nothing refers elsewhere (no $ref, $id, $anchor, $dynamicRef);
 * F2 at most 16 levels and 400 subschemas in all of one manifest;
 * F3 a pattern is anchored at its start, at most 200 characters, without back-reference,
 *    look-around or repeated group, with one unbounded repetition, and with few ways to match: its
 *    work grows linearly with the text.
 */
import { compileForeign } from './foreign-check.ts'
import { patternFault } from './safe-pattern.ts'

const SUBSCHEMA = new Set([
  'items',
  'contains',
  'additionalProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
])
const SUBSCHEMA_LIST = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const PLAIN = new Set([
  '$comment',
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
  'type',
  'enum',
  'const',
  'format',
  'required',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
  'dependentRequired',
])
const FORMATS = new Set(['date-time', 'date', 'time', 'uri', 'uuid', 'ipv4'])
const MAX_LEVELS = 16
const MAX_SUBSCHEMAS = 400

/** What one manifest's schemas have spent together. */
export interface Budget {
  subschemas: number
}

/** What is wrong with one foreign schema, by path below `path`; none: it may be compiled. */
export function foreignSchemaFaults(
  schema: unknown,
  path: string,
  budget: Budget,
): { path: string; detail: string }[] {
  const faults: { path: string; detail: string }[] = []
  walk(schema, path, 1)
  if (faults.length === 0) {
    try {
      compileForeign(schema as object)
    } catch (error) {
      // ajv's words on a keyword's value; it throws plain Errors
      faults.push({ path, detail: error instanceof Error ? error.message : String(error) })
    }
  }
  return faults

  function walk(value: unknown, here: string, level: number): void {
    if (typeof value === 'boolean') return
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      faults.push({ path: here, detail: 'not a schema' })
      return
    }
    budget.subschemas++
    if (level > MAX_LEVELS || budget.subschemas > MAX_SUBSCHEMAS) {
      const detail = `more than ${MAX_LEVELS} levels or ${MAX_SUBSCHEMAS} subschemas`
      if (!faults.some((fault) => fault.detail === detail)) faults.push({ path: here, detail })
      return
    }
    for (const [keyword, member] of Object.entries(value)) {
      checkKeyword(keyword, member, `${here}/${keyword}`, level)
    }
  }

  function checkKeyword(keyword: string, member: unknown, here: string, level: number): void {
    if (SUBSCHEMA.has(keyword)) {
      walk(member, here, level + 1)
    } else if (SUBSCHEMA_LIST.has(keyword)) {
      if (!Array.isArray(member)) faults.push({ path: here, detail: 'not a list of schemas' })
      else for (const [i, one] of member.entries()) walk(one, `${here}/${i}`, level + 1)
    } else if (keyword === 'properties') {
      if (typeof member !== 'object' || member === null || Array.isArray(member)) {
        faults.push({ path: here, detail: 'not a map of schemas' })
        return
      }
      for (const [name, one] of Object.entries(member)) {
        if (name in Object.prototype)
          faults.push({ path: `${here}/${name}`, detail: 'a name of the language' })
        walk(one, `${here}/${name}`, level + 1)
      }
    } else if (keyword === 'pattern') {
      const detail = patternFault(member)
      if (detail !== undefined) faults.push({ path: here, detail })
    } else if (keyword === 'format') {
      if (typeof member !== 'string' || !FORMATS.has(member)) {
        faults.push({ path: here, detail: `format is one of ${[...FORMATS].join(', ')}` })
      }
    } else if (!PLAIN.has(keyword)) {
      faults.push({ path: here, detail: 'this keyword is not allowed' })
    }
  }
}
