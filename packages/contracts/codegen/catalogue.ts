/** Reads schemas/: the one source of topics, records and their documentation. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readVocabulary, type Vocabulary } from './vocabulary.ts'

/** An Avro type as the schema files spell it: the subset of wire format section 1. */
export type AvroType =
  | string
  | readonly AvroType[]
  | { readonly type: 'array'; readonly items: AvroType }
  | { readonly type: 'map'; readonly values: AvroType }
  | { readonly type: 'string'; readonly logicalType: 'json' }
  | RecordSchema

export interface FieldSchema {
  readonly name: string
  readonly doc?: string
  readonly type: AvroType
  readonly default?: null
  /** The closed list of its values, by the name of a file of vocabulary/. */
  readonly closed?: string
  /** Its only value. */
  readonly const?: string
  /** How its text or number is formed, by a name of the JSON Schemas. */
  readonly form?: string
  /** Its value is an id: of this kind of link, or with this prefix. */
  readonly id?: string
}

export interface RecordSchema {
  readonly type: 'record'
  readonly name: string
  readonly namespace?: string
  readonly doc?: string
  readonly fields: readonly FieldSchema[]
}

/** What a topic's schema file says beside the record. */
export interface TopicMember {
  readonly topic: string
  /** JSON pointer (RFC 6901) to the member of the value that is the message key. */
  readonly key: string
  readonly writers: readonly string[]
  readonly readers: readonly string[]
  /** Which service sends its parked messages again, where none of the writers is one. */
  readonly sender?: string
  readonly retention: string
  readonly max_message_bytes: number
  readonly public?: boolean
  readonly compacted?: boolean
  readonly per_tool?: boolean
  readonly partitions?: number
  readonly link?: string
}

export interface TopicFile {
  /** `credits.held`: the topic without prefix, version and tool. */
  readonly name: string
  /** Folder and file below schemas/. */
  readonly path: string
  readonly stage: string
  readonly meta: TopicMember
  readonly record: RecordSchema
}

export interface Catalogue {
  /** In the order in which a work order meets them. */
  readonly topics: readonly TopicFile[]
  /** Records that topics refer to, by full name. */
  readonly shared: ReadonlyMap<string, RecordSchema>
  /** The closed lists of vocabulary/. */
  readonly vocabulary: Vocabulary
}

/** Folders of schemas/ that hold no Avro. */
const OTHERS = ['http', 'vocabulary']

/** The order in which a work order meets the topics; a topic outside the list follows by its path. */
const LIFE = [
  'agent.announced',
  'agent.registered',
  'tool.announced',
  'tool.directed',
  'tool.registered',
  'funding.received',
  'settlement-receipt.issued',
  'work-order.submitted',
  'work-order.accepted',
  'work-order.rejected',
  'credits.held',
  'execution.bound',
  'execution.commanded',
  'execution.progressed',
  'result.produced',
  'result.accepted',
  'usage-receipt.issued',
  'callback.attempted',
  'exception.opened',
  'exception.resolved',
  'recovery.requested',
  'recovery.accepted',
  'recovery.refused',
  'batch.requested',
  'batch.advanced',
  'batch.changed',
  'ledger.appended',
  'trail.attested',
  'parked',
  'tool.parked',
  'parked.decided',
]

/** Every schema file below `folder` (schemas/). Throws when a file or a name does not fit. */
export function readCatalogue(folder: string): Catalogue {
  const topics: TopicFile[] = []
  const shared = new Map<string, RecordSchema>()
  for (const stage of readdirSync(folder, { withFileTypes: true })) {
    if (!stage.isDirectory() || OTHERS.includes(stage.name)) continue
    for (const file of readdirSync(join(folder, stage.name)).sort()) {
      if (!file.endsWith('.avsc')) continue
      const path = `${stage.name}/${file}`
      const { prooftrail: meta, ...record } = readSchema(join(folder, path))
      if (meta === undefined) shared.set(fullName(record), record)
      else topics.push({ name: shortName(path, file, meta), path, stage: stage.name, meta, record })
    }
  }
  topics.sort((a, b) => place(a.name) - place(b.name) || (a.path < b.path ? -1 : 1))
  return { topics, shared, vocabulary: readVocabulary(join(folder, 'vocabulary')) }
}

/** `prooftrail.Name` of a record. */
export function fullName(record: RecordSchema): string {
  return record.namespace === undefined ? record.name : `${record.namespace}.${record.name}`
}

/**
 * The record with every referred record written out at its first use, and with Avro's own members
 * alone: what the registry holds.
 */
export function expand(record: RecordSchema, shared: Catalogue['shared']): RecordSchema {
  const written = new Set<string>()
  const expandRecord = (of: RecordSchema): RecordSchema => {
    written.add(fullName(of))
    return { ...of, fields: of.fields.map(expandField) }
  }
  const expandField = ({ closed: _, const: __, form: ___, id: ____, ...field }: FieldSchema) => {
    return { ...field, type: expandType(field.type) }
  }
  const expandType = (type: AvroType): AvroType => {
    if (typeof type === 'string') {
      const referred = shared.get(type)
      return referred === undefined || written.has(type) ? type : expandRecord(referred)
    }
    if (isUnion(type)) return type.map(expandType)
    if (type.type === 'array') return { ...type, items: expandType(type.items) }
    if (type.type === 'map') return { ...type, values: expandType(type.values) }
    return type
  }
  return expandRecord(record)
}

/** Kind of link by record, for every record that is one; undefined: its member `name` says it. */
export function linkKinds({ topics, shared }: Catalogue): Map<string, string | undefined> {
  const kinds = new Map<string, string | undefined>()
  for (const [name, { name: short, fields }] of shared) {
    if (!short.endsWith('Link')) continue
    const own = fields.some((field) => field.name === 'name')
    kinds.set(name, own ? undefined : snakeCase(short.slice(0, -'Link'.length)))
  }
  for (const { record, meta } of topics) {
    if (meta.link !== undefined) kinds.set(fullName(record), meta.link)
  }
  return kinds
}

function snakeCase(name: string): string {
  return name.replace(/(?!^)[A-Z]/g, '_$&').toLowerCase()
}

export function isUnion(type: AvroType): type is readonly AvroType[] {
  return Array.isArray(type)
}

/** The X of `[null, X]`, or undefined for a type that is required. */
export function optionalType(type: AvroType): AvroType | undefined {
  return isUnion(type) && type[0] === 'null' ? type[1] : undefined
}

function readSchema(path: string): RecordSchema & { prooftrail?: TopicMember } {
  // the rules of the files are checked by rules.ts; here only their JSON form is read
  return JSON.parse(readFileSync(path, 'utf8')) as RecordSchema & { prooftrail?: TopicMember }
}

function shortName(path: string, file: string, meta: TopicMember): string {
  const name = file.replace(/\.v1\.avsc$/, '')
  const expected = `prooftrail.${name}${meta.per_tool === true ? '.<tool>' : ''}.v1`
  if (meta.topic !== expected) throw new Error(`${path}: topic ${meta.topic} is not ${expected}`)
  return name
}

function place(name: string): number {
  const index = LIFE.indexOf(name)
  return index === -1 ? LIFE.length : index
}
