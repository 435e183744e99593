/** Any message of a topic, and what a message says. */
import { createHash } from 'node:crypto'
import { type EventTypes, type TopicName, topics } from '@prooftrail/contracts'
import { canonicalize } from '@prooftrail/trail/encoding'
import fc from 'fast-check'
// biome-ignore lint/style/noRestrictedImports: what a package's tests are made of is exported by nobody
import { arbitraryOf } from '../../packages/contracts/src/avro/arbitrary.fixtures.ts'
// biome-ignore lint/style/noRestrictedImports: the same
import { parseShape } from '../../packages/contracts/src/avro/shape.ts'

const DRAWN = 60
const KEPT = 3
/** Of a message that outsiders may write and that is denser than they may. */
const LARGEST = 20_000

/** Three of many that are drawn: a short one, one in the middle and a long one, the same at every call. */
export function samplesOf<N extends TopicName>(name: N): EventTypes[N][] {
  const shape = parseShape(JSON.parse(topics[name].schema))
  const drawn = fc
    .sample(arbitraryOf(shape), { seed: 1, numRuns: DRAWN })
    .map((value) => ({ value, length: JSON.stringify(value).length }))
    .filter(({ length }) => length < LARGEST)
    .sort((a, b) => a.length - b.length)
  const at = (part: number) => drawn[Math.floor((part * (drawn.length - 1)) / (KEPT - 1))]
  // the arbitrary follows the schema
  return [0, 1, 2].flatMap((part) => at(part)?.value ?? []) as EventTypes[N][]
}

/** SHA-256 of what a message says, in canonical form. */
export function digestOf(message: unknown): string {
  const text = canonicalize(JSON.parse(JSON.stringify(message)))
  return createHash('sha256').update(text).digest('hex')
}
