import type { Heard } from '../../toolkit/listener.ts'
import { placeOf } from '../books.ts'
import type { Deployment } from '../deployment.ts'
import type { Row } from './tidying.ts'

/** A message where it was set aside, once for each time and place. */
export interface SetAside {
  /** RFC 3339: when that was said. */
  at: string
  service: string
  /** What makes it the same message wherever it stands. */
  input: string
  key: string
  topic: string
  partition: number
  offset: string
}

/** What services set aside that nobody had before the deployment began, and what tools say they did. */
export function setAside({ world, begun }: Deployment): SetAside[] {
  const all = [
    ...world.heard('parked').map((one) => placeIn(one, one.value.service)),
    ...world.heard('tool.parked').map((one) => placeIn(one, `tool/${one.value.tool}`)),
  ]
  const first = new Map<string, string>()
  for (const one of all) {
    const before = first.get(entryName(one))
    if (before === undefined || one.at < before) first.set(entryName(one), one.at)
  }
  return all.filter((one) => (first.get(entryName(one)) ?? '') >= begun)
}

function placeIn({ at, value }: Heard<'parked'> | Heard<'tool.parked'>, service: string): SetAside {
  const { topic, partition, offset, key = '', input } = value
  return {
    ...{ at, service, topic, partition, offset, input: input ?? placeOf(value) },
    key: Buffer.from(key, 'base64').toString(),
  }
}

/** The same for the same message of the same service. */
export function entryName({ service, input }: Pick<SetAside, 'service' | 'input'>): string {
  return `${service} ${input}`
}

/** Where an entry, or a message, stands, of its service. */
export function standName(one: Pick<Row, 'service' | 'topic' | 'partition' | 'offset'>): string {
  return `${one.service} ${placeOf(one)}`
}

/** The rows of messages with these keys: the entry of each stands where it was set aside last. */
export function rowsOfKey(rows: readonly Row[], heard: readonly SetAside[], key: string): Row[] {
  const places = new Set(heard.filter((one) => one.key === key).map(standName))
  return rows.filter((row) => places.has(standName(row)))
}
