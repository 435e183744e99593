/** src/generated/types.ts: one interface per record, and what each topic carries. */
import {
  type AvroType,
  type Catalogue,
  type FieldSchema,
  fullName,
  isUnion,
  linkKinds,
  optionalType,
  type RecordSchema,
} from './catalogue.ts'
import { MARK } from './mark.ts'
import { typeNameOf } from './vocabulary.ts'

/** The text of types.ts. */
export function typesSource(catalogue: Catalogue): string {
  const { topics, shared } = catalogue
  const links = linkKinds(catalogue)
  const records = [...shared.values()]
    .filter(({ name }) => name !== 'Ref')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const events = topics.map(({ record }) => record)
  return [
    MARK,
    "import type { Link, Ref } from '@prooftrail/trail'",
    '',
    ...listTypes([...records, ...events]),
    '',
    '/** A JSON value as objects carry it: never null (wire format section 1). */',
    'export type Json = string | number | boolean | Json[] | { [key: string]: Json }',
    '',
    ...[...records, ...events].map((record) =>
      links.has(fullName(record))
        ? linkType(record, links.get(fullName(record)))
        : interfaceOf(record),
    ),
    '/** What each topic carries, by the short name of the topic. */',
    'export interface EventTypes {',
    ...topics.map(({ name, record }) => `  '${name}': ${record.name}`),
    '}',
    '',
  ].join('\n')
}

/** A link is a value of its own kind, not its record; a tool's own links say their kind. */
function linkType(record: RecordSchema, kind: string | undefined): string {
  const object = record.fields.find(({ name }) => name === 'object')
  if (object === undefined) throw new Error(`${record.name} is a link without an object`)
  const name = kind === undefined ? 'string' : `'${kind}'`
  return [
    ...comment(record.doc, ''),
    `export type ${record.name} = Link<${name}, ${typeText(object.type)}>`,
    '',
  ].join('\n')
}

/** The unions of the closed lists that members have. */
function listTypes(records: readonly RecordSchema[]): string[] {
  const lists = records.flatMap(({ fields }) => fields.flatMap(({ closed }) => closed ?? []))
  const names = [...new Set(lists)].sort().map((list) => `  ${typeNameOf(list)},`)
  return ['import type {', ...names, "} from '@prooftrail/trail/vocabulary'"]
}

function interfaceOf(record: RecordSchema): string {
  const lines = record.fields.flatMap(memberOf)
  return [...comment(record.doc, ''), `export interface ${record.name} {`, ...lines, '}', ''].join(
    '\n',
  )
}

function memberOf(field: FieldSchema): string[] {
  const optional = optionalType(field.type)
  const mark = optional === undefined ? '' : '?'
  return [
    ...comment(field.doc, '  '),
    `  ${field.name}${mark}: ${field.closed ? typeNameOf(field.closed) : typeText(optional ?? field.type)}`,
  ]
}

function typeText(type: AvroType): string {
  if (typeof type === 'string') {
    if (type === 'int' || type === 'long') return 'number'
    return type.startsWith('prooftrail.') ? type.slice('prooftrail.'.length) : type
  }
  if (isUnion(type)) throw new Error('a union has no type of its own: only [null, X] is allowed')
  switch (type.type) {
    case 'array':
      return `${typeText(type.items)}[]`
    case 'map':
      return `Record<string, ${typeText(type.values)}>`
    case 'string':
      return 'Json'
    case 'record':
      return type.name
  }
}

function comment(text: string | undefined, indent: string): string[] {
  return text === undefined ? [] : [`${indent}/** ${text} */`]
}
