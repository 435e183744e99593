import { type BrokerAnswer, describeOpen, openTopics, readTopicAcls } from '@prooftrail/contracts'
import type { KafkaAddress } from '@prooftrail/stack'
import { withAdmin } from '../kafka-client.ts'

/** Whether topics are open to more than their parties, and what to do about it. */
export interface WritersFinding {
  /** Open topics stop nothing: they are a warning. */
  state: 'closed' | 'open' | 'nobody is asked' | 'not told' | 'away'
  detail: string
  /** What to do next; absent where there is nothing. */
  next?: string
  /** A line for each open topic. */
  open: string[]
}

const PATIENCE_MS = 10_000

/** Asks the broker at an address. An outage is an answer too. */
export async function whoMayWrite(kafka: KafkaAddress): Promise<WritersFinding> {
  try {
    const asked = withAdmin(kafka, 'prooftrail-doctor', async (admin) => {
      const answer = await readTopicAcls(admin)
      return finding(answer, await admin.listTopics(), kafka)
    })
    asked.catch(() => undefined)
    return await Promise.race([asked, tooLong()])
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { state: 'away', detail, next: 'look at the broker and its log', open: [] }
  }
}

function tooLong(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('the broker does not answer')), PATIENCE_MS).unref()
  })
}

/** What an answer means. Pure. */
export function finding(
  answer: BrokerAnswer,
  names: readonly string[],
  { brokers }: Pick<KafkaAddress, 'brokers'>,
): WritersFinding {
  if (answer.state === 'none') {
    const isLocal = brokers.every((broker) => /^(127\.|localhost|\[::1\])/.test(broker))
    const detail = 'everybody who reaches the broker may write every topic'
    if (isLocal)
      return { state: 'nobody is asked', detail: `${detail}: this machine alone`, open: [] }
    const next = 'give the broker users and an authorizer, then `prooftrail acls --apply`'
    return { state: 'nobody is asked', detail, next, open: [] }
  }
  if (answer.state === 'hidden') {
    const next = 'ask as prooftrail-doctor, or as the broker’s administrator'
    return { state: 'not told', detail: 'this user may not see ACLs', next, open: [] }
  }
  const open = openTopics(answer.acls, [...names].sort()).map(describeOpen)
  if (open.length === 0) {
    return { state: 'closed', detail: 'its writers alone write each topic', open }
  }
  const next = 'take these ACLs back (kafka-acls --remove); docs/runbook.md, a topic is open'
  return { state: 'open', detail: `${open.length} open to more than they should be`, next, open }
}
