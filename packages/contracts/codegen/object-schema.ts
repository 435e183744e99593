/**
 * JSON Schemas of objects, from the Avro records and what their fields say beside the type: one
 * source for both forms.
 */
import { isLinkName, kindOf, LINK_NAMES, MAX_TICKETS } from '@prooftrail/trail/format'
import {
  type AvroType,
  type Catalogue,
  type FieldSchema,
  isUnion,
  optionalType,
  type RecordSchema,
} from './catalogue.ts'
import { MARK } from './mark.ts'
import { valuesOf } from './vocabulary.ts'

/** A JSON Schema (2020-12). */
type JsonSchema = { readonly [keyword: string]: unknown }

/** What a field's `form` stands for. */
const FORMS: Readonly<Record<string, JsonSchema>> = {
  // without leap seconds, which no clock of ours has
  time: {
    type: 'string',
    pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]\\.[0-9]{3}Z$',
    format: 'date-time',
  },
  digest: { pattern: '^sha256:[0-9a-f]{64}$' },
  decimal: { pattern: '^-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,18})?$' },
  count: { minimum: 0 },
  ordinal: { minimum: 1 },
  score: { minimum: 0, maximum: 100 },
  name: { minLength: 1, maxLength: 200 },
  words: { pattern: '\\S' },
  key_id: { pattern: '^[A-Za-z0-9_-]{43}$' },
  signature: { pattern: '^[A-Za-z0-9+/]{86}==$' },
  url: { minLength: 1, maxLength: 2048 },
  object: { type: 'object' },
  some: { minItems: 1 },
  // each becomes an event of the ledger entry, and its id is looked for among this many numbers
  tickets: { maxItems: MAX_TICKETS },
  link_names: { items: { enum: LINK_NAMES } },
  by_link_name: { propertyNames: { enum: LINK_NAMES } },
  usage_receipt_type: { pattern: '^[a-z][a-z0-9_-]{1,40}_usage_receipt$' },
}

/** The JSON Schema of a record's JSON form: closed, typed, with the closed lists. */
export function jsonSchemaOf(record: RecordSchema, catalogue: Catalogue): JsonSchema {
  const { fields } = record
  const members = fields.map((field): [string, JsonSchema] => {
    const type = optionalType(field.type) ?? field.type
    return [field.name, { ...typeSchema(type, catalogue), ...memberSchema(field, catalogue) }]
  })
  return {
    type: 'object',
    additionalProperties: false,
    required: fields.filter((field) => !isUnion(field.type)).map((field) => field.name),
    properties: Object.fromEntries(members),
  }
}

/** src/generated/object-schemas.ts: the schemas of all objects, by the name of the record. */
export function objectSchemasSource(catalogue: Catalogue): string {
  const objects = [...catalogue.shared.values()].filter(({ fields }) =>
    fields.some(({ name }) => name === 'object_type'),
  )
  const entries = objects
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((record) => `  ${record.name}: ${JSON.stringify(jsonSchemaOf(record, catalogue))},`)
  return [
    ...[MARK, '', '/** JSON Schemas of objects, by record. */', 'export const objectSchemas = {'],
    ...entries,
    ...['}', ''],
  ].join('\n')
}

function typeSchema(type: AvroType, catalogue: Catalogue): JsonSchema {
  if (typeof type === 'string') return namedSchema(type, catalogue)
  if (isUnion(type)) throw new Error('a union has no schema of its own: only [null, X] is allowed')
  switch (type.type) {
    case 'array':
      return { type: 'array', items: typeSchema(type.items, catalogue) }
    case 'map':
      return { type: 'object', additionalProperties: typeSchema(type.values, catalogue) }
    case 'string':
      return {}
    case 'record':
      return jsonSchemaOf(type, catalogue)
  }
}

function namedSchema(type: string, catalogue: Catalogue): JsonSchema {
  switch (type) {
    case 'string':
    case 'boolean':
      return { type }
    case 'int':
      return { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }
    case 'long':
      return {
        type: 'integer',
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
      }
  }
  const record = catalogue.shared.get(type)
  if (record === undefined) throw new Error(`no record is named ${type}`)
  return jsonSchemaOf(record, catalogue)
}

/** What a field says beside its type. */
function memberSchema({ closed, const: value, form, id }: FieldSchema, catalogue: Catalogue) {
  const known = form === undefined ? undefined : FORMS[form]
  if (form !== undefined && known === undefined) throw new Error(`no form is named ${form}`)
  return {
    ...(closed !== undefined && oneOf(valuesOf(catalogue.vocabulary, closed))),
    ...(value !== undefined && { const: value }),
    ...(id !== undefined && { pattern: `^${prefixOf(id)}_[a-z2-7]{32}$` }),
    ...known,
  }
}

function oneOf(values: readonly string[]): JsonSchema {
  return values.length === 1 ? { const: values[0] } : { enum: values }
}

/** Of a kind the prefix of its ids; else the prefix itself: of tasks, runs, bindings, tickets. */
function prefixOf(id: string): string {
  return (isLinkName(id) && kindOf(id).prefix) || id
}
