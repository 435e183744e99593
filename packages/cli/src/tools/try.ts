import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import {
  followTask,
  makeWorkOrder,
  type OrderRequest,
  signWorkOrder,
  type TaskEvent,
  type TaskView,
} from '@prooftrail/agent-sdk'
import { readManifest } from '@prooftrail/executor-sdk'
import { parseKeySet, type Verdict, verifyTrail } from '@prooftrail/trail'
import { addAgent, provenJwk } from '../commands/agents.ts'
import { fundAccount } from '../commands/credits.ts'
import { publishOrder, withCallbackPolicy } from '../commands/submit.ts'
import { fetchKeys, fetchTrail } from '../commands/trail.ts'
import { readJsonFile } from '../files.ts'
import { serviceUrl } from '../world.ts'
import { CHECK_AGENT } from './check/stage.ts'
import { ownJwk } from './keys.ts'

/**
 * Sends the folder's `order.json` as an agent of this deployment's own, follows it to its seal and
 * verifies its trail.
 * @param onEvent what happens to the order, as the console tells it
 */
export async function tryTool(
  dir: string,
  onEvent: (event: TaskEvent) => void,
): Promise<{ work_order_id: string; task: TaskView; verdict: Verdict }> {
  const folder = resolve(dir)
  const { price } = readManifest(folder)
  const agent = ownJwk(CHECK_AGENT)
  const { account } = await addAgent(CHECK_AGENT, provenJwk(CHECK_AGENT, agent))
  await fundAccount(account, price.credits + 1)
  // makeWorkOrder completes it; intake judges all of it
  const request = readJsonFile(join(folder, 'order.json')) as OrderRequest
  const order = signWorkOrder(
    makeWorkOrder({
      ...withCallbackPolicy(request),
      agent_id: CHECK_AGENT,
      idempotency_key: randomUUID(),
    }),
    agent,
  )
  const { work_order_id } = order.object
  await publishOrder(order)
  const following = followTask(work_order_id, { console: serviceUrl('console'), everyMs: 50 })
  let next = await following.next()
  for (; !next.done; next = await following.next()) onEvent(next.value)
  const [bundle, keys] = [await fetchTrail(work_order_id), parseKeySet(await fetchKeys())]
  return { work_order_id, task: next.value, verdict: verifyTrail(bundle, keys) }
}
