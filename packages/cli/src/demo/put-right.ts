import { relative } from 'node:path'
import { actBody, followTask, signAct } from '@prooftrail/agent-sdk'
import { commandOf, type Json, type RecoveryAction } from '@prooftrail/contracts'
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { checkout } from '../checkout.ts'
import { fetchTrail } from '../commands/trail.ts'
import { eventLine } from '../commands/watch.ts'
import { readJsonFile } from '../files.ts'
import { ask } from '../http.ts'
import { colour, mark } from '../output.ts'
import { serviceUrl } from '../world.ts'
import { addedEvidence, incompleteOrder } from './orders.ts'
import { followOrder, type OrderContext, type Shown, showTrail } from './run-order.ts'

type RunView = AnswerOf<'GET /v1/tasks/:id/acts'>

type Evidence = { [evidenceClass: string]: Json }

/**
 * Shows one run being put right: an order whose evidence is not complete, what can be done, the
 * missing items added by its agent, the tool working again, and one trail with both results.
 */
export async function putRight(context: OrderContext): Promise<Shown> {
  const { out } = context
  const { id, started } = await followOrder(incompleteOrder, context)
  const partial = await view(id)
  out.say(`\n  ${colour.bold('What can be done')} ${colour.dim(`npx prooftrail report ${id}`)}`)
  for (const { by, command } of partial.open_acts) {
    out.say(`  ${mark('dot')} npx ${command}  ${colour.dim(by.join(', '))}`)
  }
  out.say('')
  // evidence by class, as the command takes it
  const evidence = readJsonFile(addedEvidence) as Evidence
  await act(context, id, 'add_evidence', evidence)
  const told = await act(context, id, 'replay_from_checkpoint')
  const following = followTask(id, {
    console: serviceUrl('console'),
    everyMs: 40,
    after: told,
    // the newest seal's: of the replay's result
    isDone: ({ verdict }) => verdict === incompleteOrder.expect,
  })
  for await (const event of following) out.say(eventLine(event, started))
  const bundle = await fetchTrail(id)
  return { id, bundle, ok: await showTrail(bundle, incompleteOrder.expect, out) }
}

async function view(id: string): Promise<RunView> {
  return (await ask<RunView>('GET', addressOf(id))).body
}

/** An act of the run's agent, as its command asks for it; answers the last event that was told before. */
async function act(
  { agent, own, out }: OrderContext,
  id: string,
  action: RecoveryAction,
  evidence?: Evidence,
): Promise<number> {
  const { follows } = await view(id)
  if (follows === undefined) throw new Error(`${id} has nothing that an act could follow`)
  const draft = { work_order_id: id, agent_id: agent, recovery_action: action }
  const signed = signAct({ ...draft, ...(evidence ? { evidence } : {}) }, follows, own)
  const events = `${serviceUrl('console')}/v1/tasks/${id}/events`
  const before = await ask<AnswerOf<'GET /v1/tasks/:token/events'>>('GET', events)
  const { body } = await ask<AnswerOf<'POST /v1/tasks/:id/acts'>>(
    'POST',
    addressOf(id),
    actBody(signed),
  )
  const command = commandOf(action, id).replace('FILE', relative(checkout, addedEvidence))
  out.say(`  ${colour.dim('$')} npx ${command} --key .prooftrail/keys/${agent}.jwk`)
  out.say(`  ${mark('ok')} accepted; the run is ${body.run.state}`)
  return Math.max(0, ...before.body.events.map(({ sequence }) => sequence))
}

function addressOf(id: string): string {
  return `${serviceUrl('dispatch')}/v1/tasks/${id}/acts`
}
