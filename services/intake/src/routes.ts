import { intakeRoutes } from '@prooftrail/contracts/doors'
import { mountDoors, type Refused, reply } from '@prooftrail/runtime'
import { taskToken } from '@prooftrail/trail'
import type { Express } from 'express'
import { agentHandlers } from './agent-routes.ts'
import { codes, type Fault } from './codes.ts'
import { type Doors, type IntakeHandlers, refusal } from './doors.ts'
import type { TurnedAway } from './load/admission-control.ts'
import { receiveOrder } from './receive-order.ts'
import { type Sender, senderOf } from './sender.ts'
import type { OrderState } from './state.ts'
import { toolHandlers } from './tool-routes.ts'

const UNSIGNED: Fault = { code: 'PT-1063', detail: 'not the signature of a key of this agent' }

/**
 * Intake's doors. Orders are authenticated by their signature, reading by the task's handle or an
 * operator, registrations by an operator; what tools there are is for everybody.
 */
export function mountRoutes(app: Express, doors: Doors): void {
  const handlers = { ...orderHandlers(doors), ...agentHandlers(doors), ...toolHandlers(doors) }
  mountDoors(app, { routes: intakeRoutes, handlers, access: doors.access, codes })
}

type OrderKey = 'POST /v1/work-orders' | 'GET /v1/work-orders/:id'

function orderHandlers(doors: Doors): Pick<IntakeHandlers, OrderKey> {
  const read = async (id: string) => (await doors.store.read([id])).get(id)?.state
  const at = () => new Date(doors.now()).toISOString()
  return {
    'POST /v1/work-orders': async ({ bytes, req }) => {
      // before anything of the request is read
      const seconds = doors.admission.turnAway()
      if (seconds !== undefined) return away({ code: 'PT-1062', seconds })
      const body = await bytes()
      const reception = await receiveOrder(body, {
        ...{ registry: doors.registry, signatures: doors.signatures },
        stateOf: read,
        isSentBy: async (agent) => (await senderOf(req, body, agent, doors)) === 'agent',
        turnAway: async (agent) =>
          doors.admission.turnAwayAgent(agent) ?? (await withoutCredits(agent, doors)),
        at: at(),
      })
      if (reception.outcome === 'away') return away(reception.away)
      if (reception.outcome === 'refused') {
        const { fault, firstDigest, by } = reception
        if (by) doors.admission.refused(by.agentId, body.length, by.signature)
        return refusal(fault, firstDigest === undefined ? {} : { first_digest: firstDigest })
      }
      const { work_order_id, agent_id } = reception.link.object
      const sender = await senderOf(req, body, agent_id, doors)
      if (sender === 'stranger') return refusal(UNSIGNED)
      if (reception.outcome === 'fresh') await doors.produce('work-order.submitted', reception.link)
      const status_url = `${doors.publicUrl}/v1/work-orders/${work_order_id}`
      const handle = handleFor(sender, work_order_id, doors)
      return reply({ work_order_id, status_url, ...handle }, { headers: { Location: status_url } })
    },

    'GET /v1/work-orders/:id': async ({ params: { id }, caller, denied, req }) => {
      const state = await read(id)
      const sender =
        state?.status === 'order'
          ? await senderOf(req, undefined, state.agent_id, doors)
          : 'unsigned'
      if (sender === 'stranger') return refusal(UNSIGNED)
      const task_token = taskToken(doors.taskSecret, id)
      if (sender !== 'agent' && !caller.mayRead(task_token)) return denied()
      if (state?.status !== 'order') return refusal({ code: 'PT-1061', detail: `no order ${id}` })
      return { ...viewOrder(id, state), ...handleFor(sender, id, doors) }
    },
  }
}

function viewOrder(work_order_id: string, state: OrderState) {
  const { decision, digest, decided_at, agent_id, tool, manifest_version, reasons } = state
  return {
    ...{ work_order_id, state: decision, agent_id },
    ...{ requested_tool: tool, work_order_digest: digest },
    ...(decision === 'accepted'
      ? { accepted_at: decided_at, manifest_version }
      : { rejected_at: decided_at, reason_codes: reasons?.map(({ code }) => code), reasons }),
  }
}

/** The task's handle, for whoever signed this very request: a signed order alone can be sent again by anybody who saw it. */
function handleFor(sender: Sender, work_order_id: string, { taskSecret }: Doors) {
  return sender === 'agent' ? { task_token: taskToken(taskSecret, work_order_id) } : {}
}

/** Funding may take a person, and the account may be asked for each minute. */
const UNFUNDED_SECONDS = 60

/** @returns when too many orders of the agent wait for credits already */
async function withoutCredits(
  agent: string,
  { awaitingCredits }: Pick<Doors, 'awaitingCredits'>,
): Promise<TurnedAway | undefined> {
  const count = (await awaitingCredits.of([agent])).get(agent) ?? 0
  return count < awaitingCredits.most ? undefined : { code: 'PT-1066', seconds: UNFUNDED_SECONDS }
}

function away({ code, seconds }: TurnedAway): Refused {
  const fault = { code, detail: `send it again after ${seconds} s` }
  return refusal(fault, {}, { 'Retry-After': String(seconds) })
}
