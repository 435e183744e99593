import type { AgentRegistered, WorkOrderLink } from '@prooftrail/contracts'
import { type Claimed, Refusal } from '@prooftrail/runtime'
import { Link, type VerifiedLinks, verifiedLinks } from '@prooftrail/trail'
import { keyOfOrder, signatureFault } from '../authenticate.ts'
import type { Found, Registry } from '../registry.ts'
import type { IntakeInput, OrderInput } from '../state.ts'

/**
 * Whose orders are, as their signatures show, and the signatures that were found to hold: each is
 * checked once, however often it is asked for. A key id is its key's thumbprint, so what held once
 * holds.
 */
export interface Signatures {
  /** Whose each order is, or why it is nobody's. @throws in an outage */
  sendersOf(inputs: readonly IntakeInput[]): Promise<Claimed[]>
  /** Those of the links that their agent signed. */
  verified(links: readonly WorkOrderLink[], agents: Found['agents']): Promise<VerifiedLinks>
}

export function openSignatures(registry: Pick<Registry, 'find'>): Signatures {
  const held = new WeakSet<Link<string>>()

  async function verified(
    links: readonly WorkOrderLink[],
    agents: Found['agents'],
  ): Promise<VerifiedLinks> {
    const fresh = links.filter((link) => !held.has(link))
    const found = await verifiedLinks(fresh, (link) =>
      keyOfOrder(link, agents.get(link.object.agent_id)),
    )
    for (const link of found) held.add(link)
    return held
  }

  return {
    verified,
    async sendersOf(inputs) {
      const orders = inputs.filter(isOrder)
      const { agents } = await registry.find({
        agents: orders.map(({ data }) => data.object.agent_id),
        tools: [],
      })
      const links = orders.map(({ data }) => data)
      await verified(links, agents)
      return inputs.map((input) =>
        isOrder(input) ? claimed(input, agents.get(input.data.object.agent_id), held) : undefined,
      )
    },
  }
}

function isOrder(input: IntakeInput): input is OrderInput {
  return input.type === 'work-order.submitted' && input.data instanceof Link
}

/**
 * Of an agent that is not known it is not certain yet whether the order is its own. An order under
 * another key than its id is refused: who sends it so may not be who signed it.
 */
function claimed(
  { data, key }: OrderInput,
  agent: AgentRegistered | undefined,
  held: VerifiedLinks,
): Claimed {
  const { agent_id, work_order_id } = data.object
  if (key !== work_order_id) {
    return new Refusal('PT-1001', `the key is ${key ?? 'absent'}, the id is ${work_order_id}`)
  }
  if (agent === undefined) return undefined
  const fault = signatureFault(data, agent, held)
  if (fault) return new Refusal(fault.code, fault.detail)
  return { name: agent_id, work: `${work_order_id} ${data.digest}` }
}
