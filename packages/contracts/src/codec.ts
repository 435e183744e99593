/**
 * Bytes ↔ messages: 0x00, schema id (4 bytes, big-endian), Avro (wire format section 1).
 * P1 what encodes, decodes to the same canonical bytes, unless outsiders write it and it is too dense
 *    (PT-9016); what cannot is refused with every fault.
 * P2 decoding uses the writer's schema, and only a record of the topic passes.
 * P3 a running service never registers a schema, and asks for few that nobody met.
 * P4 a link is a `Link` with the bytes it came with: passed on, the same bytes are written. What
 *    outsiders write is opened and checked at once; what our own services wrote after such a check
 *    is opened when somebody asks.
 */
import { TooDense, Undecodable } from './avro/cursor.ts'
import { compileReader } from './avro/read-avro.ts'
import { parseShape, ShapeError } from './avro/shape.ts'
import { compileWriter } from './avro/write-avro.ts'
import { ContractError } from './faults.ts'
import type { EventTypes } from './generated/types.ts'
import { Poison } from './poison.ts'
import { findSchemaId, type RegistryAddress } from './registry.ts'
import { once, RegistryLookups } from './registry-lookups.ts'
import { nameOfTopic, subjectFor, type TopicName, topics } from './topics.ts'

export interface Codec {
  /**
   * Looks up the schema ids of what will be encoded. Without `tool`, names that have one topic per
   * tool are left out; call it again when the tool is known.
   * @throws Error when the registry is away, or holds another schema than this code knows
   */
  ready(names: readonly TopicName[], tool?: string): Promise<void>
  /** Whether `encode` has the schema id of this topic. */
  isReady(name: TopicName, tool?: string): boolean
  /**
   * The message's value. Synchronous: `ready` came before.
   * @throws ContractError PT-9010 with every path that the schema does not hold
   * @throws Error when `ready` did not name the topic; the look-up starts, so a later try succeeds
   */
  encode<N extends TopicName>(name: N, value: EventTypes[N], tool?: string): Buffer
  /**
   * The message of a topic. Synchronous once the schema id was met.
   * @throws Poison PT-9001 to PT-9004, PT-9015, PT-9016 for what is not readable as it is; any other
   *   Error is an outage
   */
  decode(topic: string, bytes: Buffer): unknown
}

type Writer = (value: unknown, id: number) => Buffer

interface Reader {
  readonly record: string
  read(bytes: Buffer, offset: number): unknown
}

const HEADER = 5

/** The codec of one process. It keeps every schema id it met; nothing is to be closed. */
export function openCodec(registry: RegistryAddress): Codec {
  const ids = new Map<string, number>()
  const looking = new Map<string, Promise<void>>()
  const readers = new RegistryLookups(registry, makeReader)

  const lookUp = (name: TopicName, tool: string | undefined): Promise<void> => {
    const subject = subjectFor(name, tool)
    if (ids.has(subject)) return Promise.resolve()
    return once(looking, subject, async () => {
      const id = await findSchemaId(registry, subject, topics[name].schema)
      if (id === undefined) {
        throw new Error(`PT-9011 the registry has no such schema under ${subject}: deploy first`)
      }
      ids.set(subject, id)
    })
  }

  return {
    async ready(names, tool) {
      const wanted = names.filter((name) => topics[name].per_tool !== true || tool !== undefined)
      await Promise.all(
        wanted.map((name) => lookUp(name, topics[name].per_tool === true ? tool : undefined)),
      )
    },
    isReady: (name, tool) => ids.has(subjectFor(name, tool)),
    encode(name, value, tool) {
      const subject = subjectFor(name, tool)
      const id = ids.get(subject)
      if (id !== undefined) return writerOf(name)(value, id)
      // the caller's next try reports what this one found
      lookUp(name, tool).catch(() => undefined)
      throw new Error(`PT-9012 the schema id of ${subject} is not known yet`)
    },
    decode(topic, bytes) {
      const name = nameOfTopic(topic)
      if (name === undefined) throw new RangeError(`${topic} is no topic of the catalogue`)
      if (bytes.length < HEADER || bytes[0] !== 0) {
        throw new Poison('PT-9001', 'the value does not begin with 0x00 and a schema id')
      }
      const id = bytes.readUInt32BE(1)
      const reader = readers.find(id, topic)
      return reader instanceof Promise
        ? reader.then((found) => readWith(found, name, bytes))
        : readWith(reader, name, bytes)
    },
  }
}

function readWith(reader: Reader, name: TopicName, bytes: Buffer): unknown {
  const { record } = topics[name]
  if (reader.record !== record) {
    throw new Poison('PT-9003', `the schema is of ${reader.record}, the topic's is ${record}`)
  }
  try {
    return reader.read(bytes, HEADER)
  } catch (cause) {
    if (!(cause instanceof Undecodable)) throw cause
    const code = cause instanceof TooDense ? 'PT-9016' : 'PT-9004'
    throw new Poison(code, cause.message, { cause })
  }
}

/** Records that parties outside the deployment write: agents, and the executors of tools. */
const OUTSIDE: ReadonlySet<string> = new Set(
  Object.values(topics)
    .filter((topic) => topic.public === true || topic.writers.some(isOutside))
    .map(({ record }) => record),
)

function isOutside(writer: string): boolean {
  return writer === 'agent' || writer === 'executor'
}

/** A reader by the writer's schema. A schema outside our subset is none of a topic's. */
function makeReader(schema: string, id: number): Reader {
  try {
    const shape = parseShape(JSON.parse(schema))
    const trust = OUTSIDE.has(shape.name) ? 'outside' : 'own'
    return { record: shape.name, read: compileReader(shape, trust) }
  } catch (cause) {
    if (!(cause instanceof ShapeError || cause instanceof SyntaxError)) throw cause
    throw new Poison('PT-9003', `schema ${id} is none of a topic's: ${cause.message}`, { cause })
  }
}

const writers = new Map<TopicName, Writer>()

/** Compiled at the first use: a service writes few of all topics. */
function writerOf(name: TopicName): Writer {
  const known = writers.get(name)
  if (known !== undefined) return known
  const writer = makeWriter(name)
  writers.set(name, writer)
  return writer
}

function makeWriter(name: TopicName): Writer {
  const write = compileWriter(parseShape(JSON.parse(topics[name].schema)))
  return (value, id) => {
    const written = write(value, HEADER)
    if ('misfits' in written) {
      const faults = written.misfits.map((misfit) => ({ code: 'PT-9010' as const, ...misfit }))
      throw new ContractError('PT-9010', `no value of ${name}`, faults)
    }
    written.bytes[0] = 0
    written.bytes.writeUInt32BE(id, 1)
    return written.bytes
  }
}
