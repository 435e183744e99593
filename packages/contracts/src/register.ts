/**
 * The deploy step for schemas; a running service never registers.
 * R1 a subject's level is FULL_TRANSITIVE before its first version exists.
 * R2 subjects follow the order of the catalogue; saying it twice changes nothing.
 * R3 an incompatible schema stops the step, and names its subject and the registry's reason.
 */
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { ContractError } from './faults.ts'
import { askRegistry, findSchemaId, type RegistryAddress, RegistryUnavailable } from './registry.ts'
import { subjectFor, TOPIC_NAMES, type TopicName, topics } from './topics.ts'

const LEVEL = 'FULL_TRANSITIVE'

export interface RegisterOptions extends RegistryAddress {
  /** Called after each subject with its schema id. */
  readonly onProgress?: (subject: string, id: number) => void
}

/**
 * Registers the schema of every topic but those per tool.
 * @throws ContractError PT-9020 incompatible, PT-9021 wrong level; RegistryUnavailable
 */
export async function registerSchemas(options: RegisterOptions): Promise<void> {
  const names = TOPIC_NAMES.filter((name) => topics[name].per_tool !== true)
  // asking changes nothing, so it needs no order; what is missing is registered in the catalogue's
  const known = await Promise.all(names.map((name) => standingId(options, name)))
  for (const [i, name] of names.entries()) {
    const id = known[i]
    if (id !== undefined) options.onProgress?.(subjectFor(name), id)
    else await registerSubject(options, subjectFor(name), topics[name].schema)
  }
}

/** The id of a topic's schema where nothing is left to do. */
async function standingId(registry: RegistryAddress, name: TopicName): Promise<number | undefined> {
  const subject = subjectFor(name)
  const id = await findSchemaId(registry, subject, topics[name].schema)
  return id !== undefined && (await hasLevel(registry, subject)) ? id : undefined
}

/**
 * Registers the subjects of one tool's own topics: its deploy step runs it before the tool is announced.
 * @throws as `registerSchemas`; RangeError for what is no tool's name
 */
export async function registerToolSubject(options: RegisterOptions, tool: string): Promise<void> {
  for (const name of perToolTopics()) {
    await registerSubject(options, subjectFor(name, tool), topics[name].schema)
  }
}

/** The event types that have one topic per tool. */
export function perToolTopics(): TopicName[] {
  return TOPIC_NAMES.filter((name) => topics[name].per_tool === true)
}

/**
 * Registers one schema (JSON text) under one subject and answers its id.
 * @throws as `registerSchemas`
 */
export async function registerSubject(
  options: RegisterOptions,
  subject: string,
  schema: string,
): Promise<number> {
  await raiseLevel(options, subject)
  const known = await findSchemaId(options, subject, schema)
  const id = known ?? (await register(options, subject, schema))
  options.onProgress?.(subject, id)
  return id
}

async function raiseLevel(registry: RegistryAddress, subject: string): Promise<void> {
  if (await hasLevel(registry, subject)) return
  const body = { compatibility: LEVEL }
  const { status } = await askRegistry(registry, configPath(subject), { method: 'PUT', body })
  if (status === 200) return
  const detail = `the registry answers ${status} to the level ${LEVEL}`
  throw new ContractError('PT-9021', subject, [{ code: 'PT-9021', path: subject, detail }])
}

async function hasLevel(registry: RegistryAddress, subject: string): Promise<boolean> {
  const { status, body } = await askRegistry(registry, configPath(subject))
  return status === 200 && body.compatibilityLevel === LEVEL
}

function configPath(subject: string): string {
  return `/config/${encodeURIComponent(subject)}`
}

async function register(
  { url, auth }: RegistryAddress,
  subject: string,
  schema: string,
): Promise<number> {
  const client = new SchemaRegistry({ host: url.replace(/\/+$/, ''), ...(auth ? { auth } : {}) })
  try {
    const { id } = await client.register(
      { type: SchemaType.AVRO, schema },
      { subject, compatibility: COMPATIBILITY.FULL_TRANSITIVE },
    )
    return id
  } catch (cause) {
    const status: unknown = cause instanceof Error && 'status' in cause ? cause.status : undefined
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (status !== 409 && status !== 422) {
      const answered = typeof status === 'number' ? { status } : {}
      const what = `${subject} was not registered: ${reason}`
      throw new RegistryUnavailable(what, { cause, ...answered })
    }
    throw new ContractError('PT-9020', subject, [
      { code: 'PT-9020', path: subject, detail: reason },
    ])
  }
}
