import { evidenceClasses, type Json, type Manifest } from '@prooftrail/contracts'

type Schema = { [keyword: string]: Json }

/** Words about a schema, not about values. */
const REMARKS = new Set(['$comment', 'title', 'description', 'examples', 'default', 'deprecated'])
/** A larger number lets more through, or a smaller one does. */
const CEILINGS = new Set(['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'])
const FLOORS = new Set(['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'])

/**
 * Where `to` may refuse what `from` accepts, by path; none: everything that was good stays good.
 * Careful rather than clever: a change that cannot be followed keyword by keyword counts.
 */
export function narrowings(from: Schema | undefined, to: Schema | undefined, path = ''): string[] {
  if (to === undefined) return []
  const before: Schema = from ?? {}
  const keywords = new Set([...Object.keys(before), ...Object.keys(to)])
  return [...keywords].flatMap((keyword) => {
    // with declared members it is judged beside them
    const isBeside = keyword === 'additionalProperties' && to.properties !== undefined
    if (REMARKS.has(keyword) || (isBeside && typeof to[keyword] === 'boolean')) return []
    return keywordFaults(keyword, before, to, `${path}/${keyword}`)
  })
}

function keywordFaults(keyword: string, from: Schema, to: Schema, path: string): string[] {
  const [old, now] = [from[keyword], to[keyword]]
  if (now === undefined || same(old, now)) return []
  if (keyword === 'required') {
    return missing(listOf(now), listOf(old)).map((name) => `${path}: ${name} is required now`)
  }
  if (keyword === 'type') {
    const lost = old === undefined ? ['other types'] : missing(listOf(old), widened(listOf(now)))
    return lost.map((type) => `${path}: ${type} is no longer taken`)
  }
  if (keyword === 'enum') {
    const known = old === undefined ? undefined : listOf(old)
    const lost = known ? missing(known, listOf(now)) : ['other values']
    return lost.map((value) => `${path}: ${JSON.stringify(value)} is no longer taken`)
  }
  if (keyword === 'properties') return propertyFaults(from, to, path)
  if (keyword === 'items') return narrowings(schemaOf(old), schemaOf(now), path)
  if (typeof old === 'number' && typeof now === 'number') {
    if (CEILINGS.has(keyword) && now >= old) return []
    if (FLOORS.has(keyword) && now <= old) return []
  }
  const what = old === undefined ? 'is new' : `was ${JSON.stringify(old)}`
  return [`${path}: ${what}; it cannot be shown that all earlier values pass`]
}

function propertyFaults(from: Schema, to: Schema, path: string): string[] {
  const [old, now] = [schemaOf(from.properties) ?? {}, schemaOf(to.properties) ?? {}]
  const closed = to.additionalProperties === false && from.additionalProperties !== false
  const gone = to.additionalProperties === false ? missing(Object.keys(old), Object.keys(now)) : []
  const narrower = Object.keys(now).flatMap((name) =>
    // a member that nobody had declared was rarely sent: only declared ones are compared
    Object.hasOwn(old, name)
      ? narrowings(schemaOf(old[name]), schemaOf(now[name]), `${path}/${name}`)
      : [],
  )
  return [
    ...(closed ? [`${path}: undeclared members are no longer taken`] : []),
    ...gone.map((name) => `${path}: ${name} is no longer declared`),
    ...narrower,
  ]
}

/**
 * What a new release breaks for those who rely on the last one: agents, whose orders must still be
 * taken and judged alike, and readers of the result package. Empty when nothing is.
 */
export function breakingChanges(last: Manifest, next: Manifest): string[] {
  const before = new Map(evidenceClasses(last).map((one) => [one.name, one]))
  const now = new Map(evidenceClasses(next).map((one) => [one.name, one]))
  return [
    ...missing([...before.keys()], [...now.keys()]).map((name) => `/evidence/${name} is gone`),
    ...[...now].flatMap(([name, { required, item_schema }]) => {
      const old = before.get(name)
      const wanted = required && old?.required !== true
      return [
        ...(wanted ? [`/evidence/${name} is required now`] : []),
        ...(old ? narrowings(old.item_schema, item_schema, `/evidence/${name}/item_schema`) : []),
      ]
    }),
    ...missing(last.capabilities, next.capabilities).map((one) => `/capabilities: ${one} is gone`),
    ...narrowings(
      last.workflow_context_schema,
      next.workflow_context_schema,
      '/workflow_context_schema',
    ),
    ...promises(last, next),
    ...(same(last.proof_trail, next.proof_trail) ? [] : ['/proof_trail is another one']),
  ]
}

/** The other way round: a reader of the last release's packages must understand the new ones. */
function promises(last: Manifest, next: Manifest): string[] {
  const path = '/result_package_schema'
  if (last.result_package_schema === undefined) return []
  if (next.result_package_schema === undefined) return [`${path} is gone`]
  return narrowings(next.result_package_schema, last.result_package_schema, path).map(
    (fault) => `${fault} (of the last release, against the new one)`,
  )
}

/** A change of the major number says that something breaks (Semantic Versioning, section 8). */
export function isMajorChange(last: string, next: string): boolean {
  const major = (version: string) => Number(version.split('.')[0])
  // before 1.0.0 anything may change (section 4)
  return major(last) !== major(next) || major(last) === 0
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function missing<T>(wanted: readonly T[], there: readonly T[]): T[] {
  return wanted.filter((one) => !there.some((other) => same(one, other)))
}

function listOf(value: Json | undefined): Json[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function widened(types: Json[]): Json[] {
  return types.includes('number') ? [...types, 'integer'] : types
}

function schemaOf(value: Json | undefined): Schema | undefined {
  return typeof value === 'object' && !Array.isArray(value) ? value : undefined
}
