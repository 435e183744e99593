/** What a tool is and needs, as data: the manifest that an executor announces. */
import { canonicalBytes, digestOf } from '@prooftrail/trail/encoding'
import { proofTrailFaults } from '@prooftrail/trail/format'
import { checkBySchema, INSTANT_OR_DAY, toFaults } from './check.ts'
import type { Code } from './codes.ts'
import type { Fault } from './faults.ts'
import { checkForeign } from './foreign-check.ts'
import { foreignSchemaFaults } from './foreign-schema.ts'
import type { Json } from './generated/types.ts'

/**
 * What a word for an item's status means. done: it stands. open: it is not settled yet. void: it
 * does not hold any more. superseded: another one holds in its place. failed: it never came about.
 * disputed: somebody contests it. unresolved: its own author says that it is not settled.
 */
export const STATUS_MEANINGS = [
  'done',
  'open',
  'void',
  'superseded',
  'failed',
  'disputed',
  'unresolved',
] as const

export type StatusMeaning = (typeof STATUS_MEANINGS)[number]

/** One evidence class of a tool. */
export interface EvidenceClass {
  description: string
  /** Only required classes count for the score. */
  required: boolean
  /** Its share of the score: score = 100 × usable weight ÷ weight of all required. */
  weight: number
  /** An item with an older `issued_at` is stale. */
  max_age_days?: number
  /** Words of this class's trade for an item's `status`, beside the common list: word, meaning. */
  status_words?: { [word: string]: StatusMeaning }
  /** The meanings of a status that leave an item usable; `done` alone where absent. */
  usable_statuses?: ('done' | 'open')[]
  /** JSON Schema (2020-12) of one item, beside what every item needs. */
  item_schema?: { [key: string]: Json }
}

/** A tool's manifest, version 1. */
export interface Manifest {
  manifest_version: 'prooftrail-tool-manifest/v1'
  /** Lower case, 2 to 41 characters: it stands in a topic's name. */
  tool: string
  /** Semantic version; a registered version never changes. */
  version: string
  title: string
  description: string
  owner?: string
  capabilities: string[]
  pilot_id: string
  /** The five steps as people see them. */
  steps: string[]
  /** By the name of the class. Order of classes: `evidenceClasses`. */
  evidence: { [evidenceClass: string]: EvidenceClass }
  /** Rules that differ from place to place, by name, in the tool's own form. */
  profiles?: { [name: string]: { [key: string]: Json } }
  /** Below this score the evidence is insufficient; 50 where absent. */
  evidence_floor?: number
  /** JSON Schema of the order's `workflow_context`. */
  workflow_context_schema?: { [key: string]: Json }
  /** JSON Schema of the contract's `result_package`. */
  result_package_schema?: { [key: string]: Json }
  /** Link names in order, from work_order to attestation. */
  proof_trail: string[]
  price: { credits: number; metering_policy: 'fixed_credit_debit' }
  limits: { heartbeat_seconds: number; deadline_seconds: number; max_attempts: number }
  /**
   * `none`: the tool does nothing but compute, and concludes the same from the same command whenever
   * it runs; so it may be run before anything about the run is kept. `some` where absent.
   */
  effects?: 'none' | 'some'
}

/** Score below which evidence is insufficient where a manifest does not say. */
export const DEFAULT_EVIDENCE_FLOOR = 50

/** What a manifest may take in JCS form. */
export const MAX_MANIFEST_BYTES: number = 64 * 1024

/**
 * Every fault of a manifest that somebody announces: PT-9301 to PT-9304. None: it is a `Manifest`.
 * The value is JSON that `checkJson` passed.
 */
export function checkManifest(value: unknown): Fault[] {
  const faults = checkBySchema('tool-manifest', value, 'PT-9301')
  if (faults.length > 0) return faults
  // the schema passed
  const manifest = value as Manifest
  return [
    ...sizeFaults(manifest),
    ...proofTrailFaults(manifest.proof_trail).map(
      (detail): Fault => ({ code: 'PT-9302', path: '/proof_trail', detail }),
    ),
    ...evidenceFaults(manifest),
    ...schemaFaults(manifest),
  ]
}

/**
 * The digest that orders and commands pin: `sha256:<hex>` over the manifest's JCS bytes. A manifest
 * does not change once it was read, and every order of its tool asks for this again.
 */
export function manifestDigest(manifest: Manifest): string {
  const known = digests.get(manifest)
  if (known !== undefined) return known
  const digest = digestOf(manifest)
  digests.set(manifest, digest)
  return digest
}

const digests = new WeakMap<Manifest, string>()

/** The classes in their one order: required ones first, then by name (a JSON object keeps none). */
export function evidenceClasses(manifest: Manifest): (EvidenceClass & { name: string })[] {
  return Object.entries(manifest.evidence)
    .map(([name, evidenceClass]) => ({ name, ...evidenceClass }))
    .sort((a, b) => Number(b.required) - Number(a.required) || (a.name < b.name ? -1 : 1))
}

/** What every item of evidence is, whatever the class asks beside it. */
const ITEM: Json = {
  type: 'object',
  required: ['reference'],
  properties: {
    reference: { type: 'string', minLength: 1, maxLength: 2048 },
    digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
    issued_at: { type: 'string', format: INSTANT_OR_DAY },
  },
}

/** How many items one class may hold. */
const MAX_ITEMS = 10_000

/**
 * The JSON Schema of an order's `evidence` for this tool: each class holds an item or a list of
 * items `{ reference, digest?, issued_at?, … }`, whose date is one that `readTime` reads; an unknown
 * class is refused. Which classes must be there is no matter of form. Its digest is what
 * `pins.evidence_schema_digest` says.
 */
export function evidenceSchema(manifest: Manifest): { [key: string]: Json } {
  const properties: { [key: string]: Json } = {}
  const $defs: { [key: string]: Json } = { item: ITEM }
  for (const { name, item_schema } of evidenceClasses(manifest)) {
    $defs[`item_${name}`] =
      item_schema === undefined
        ? { $ref: '#/$defs/item' }
        : { allOf: [{ $ref: '#/$defs/item' }, item_schema] }
    const item = { $ref: `#/$defs/item_${name}` }
    properties[name] = {
      if: { type: 'array' },
      // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema
      then: { type: 'array', maxItems: MAX_ITEMS, items: item },
      else: item,
    }
  }
  return { type: 'object', additionalProperties: false, properties, $defs }
}

/** Of how many classes of an order faults are told; manifests have at most 50. */
const MAX_TOLD_CLASSES = 100

/**
 * The first fault of each class of an order's evidence against a registered manifest, with the
 * given code: a malformed item, or that the class is unknown, by its path.
 */
export function checkEvidence(manifest: Manifest, evidence: unknown, code: Code): Fault[] {
  const key = `${manifestDigest(manifest)}/evidence`
  const faultsOf = (value: unknown) =>
    toFaults(
      checkForeign(
        key,
        () => evidenceSchema(manifest),
        value,
        () =>
          Object.entries(Object(value)).map(([name, items]) => [schemaOf(manifest, name), items]),
      ),
      code,
    )
  const whole = faultsOf(evidence)
  const isMap = typeof evidence === 'object' && evidence !== null && !Array.isArray(evidence)
  if (whole.length === 0 || !isMap) return whole
  const classes = Object.entries(evidence).slice(0, MAX_TOLD_CLASSES)
  return classes.flatMap(([name, items]) => faultsOf({ [name]: items }))
}

/** What a class asks of its items beside what every item is. */
function schemaOf({ evidence }: Manifest, name: string): unknown {
  return Object.hasOwn(evidence, name) ? (evidence[name]?.item_schema ?? {}) : {}
}

function sizeFaults(manifest: Manifest): Fault[] {
  const bytes = canonicalBytes(manifest).length
  if (bytes <= MAX_MANIFEST_BYTES) return []
  return [{ code: 'PT-9305', path: '', detail: `${bytes} bytes, more than ${MAX_MANIFEST_BYTES}` }]
}

function evidenceFaults({ evidence }: Manifest): Fault[] {
  const required = Object.values(evidence).filter((one) => one.required)
  if (required.reduce((sum, { weight }) => sum + weight, 0) > 0) return []
  return [{ code: 'PT-9303', path: '/evidence', detail: 'no required class has a weight' }]
}

function schemaFaults(manifest: Manifest): Fault[] {
  const schemas: [string, unknown][] = [
    ...Object.entries(manifest.evidence).map(([name, { item_schema }]): [string, unknown] => [
      `/evidence/${name}/item_schema`,
      item_schema,
    ]),
    ['/workflow_context_schema', manifest.workflow_context_schema],
    ['/result_package_schema', manifest.result_package_schema],
  ]
  const budget = { subschemas: 0 }
  return schemas
    .filter(([, schema]) => schema !== undefined)
    .flatMap(([path, schema]) => foreignSchemaFaults(schema, path, budget))
    .map((fault) => ({ code: 'PT-9304', ...fault }))
}
