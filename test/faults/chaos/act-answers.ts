import { type ActLink, type Codec, topicFor } from '@prooftrail/contracts'
import type { Deployment } from '../deployment.ts'

/** What became of acts, each named by its run and its key. */
export interface ActAnswers {
  accepted: ReadonlySet<string>
  /** With the code. */
  refused: ReadonlyMap<string, string>
  parked: ReadonlySet<string>
}

export async function actAnswers({ world, world: { codec } }: Deployment): Promise<ActAnswers> {
  const name = (act: ActLink) => `${act.object.work_order_id} ${act.object.idempotency_key}`
  const accepted = new Set<string>()
  for (const { value } of world.heard('recovery.accepted')) accepted.add(name(value.act))
  const refused = new Map<string, string>()
  for (const { value } of world.heard('recovery.refused')) refused.set(name(value.act), value.code)
  const parked = new Set<string>()
  const topic = topicFor('recovery.requested')
  for (const { value } of world.heard('parked')) {
    if (value.topic !== topic || value.value === undefined) continue
    const act = await actIn(codec, topic, value.value)
    if (act) parked.add(name(act))
  }
  return { accepted, refused, parked }
}

/** The act of a message, in base64; undefined where it is none. */
async function actIn(codec: Codec, topic: string, base64: string): Promise<ActLink | undefined> {
  try {
    const { act } = Object(await codec.decode(topic, Buffer.from(base64, 'base64')))
    return act
  } catch {
    return undefined
  }
}
