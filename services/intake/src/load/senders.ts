import type { WorkOrderLink } from '@prooftrail/contracts'
import type { Sender } from '@prooftrail/runtime'
import { Link, type VerifiedLinks, verifiedLinks } from '@prooftrail/trail'
import { keyOfOrder } from '../authenticate.ts'
import type { Found, Registry } from '../registry.ts'
import type { IntakeInput, OrderInput } from '../state.ts'

/**
 * Whose orders are, as their signatures show, and the signatures that were found to hold: each is
 * checked once, however often it is asked for. A key id is its key's thumbprint, so what held once
 * holds.
 */
export interface Signatures {
  /** The agent of each order that it signed itself; undefined for all else. @throws in an outage */
  sendersOf(inputs: readonly IntakeInput[]): Promise<(Sender | undefined)[]>
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
      return inputs.map((input) => (isOrder(input) ? senderOf(input, held) : undefined))
    },
  }
}

function isOrder(input: IntakeInput): input is OrderInput {
  return input.type === 'work-order.submitted' && input.data instanceof Link
}

/** An order under another key than its id is nobody's: who sends it on may not be who signed it. */
function senderOf({ data, key }: OrderInput, held: VerifiedLinks): Sender | undefined {
  const { agent_id, work_order_id } = data.object
  if (key !== work_order_id || !held.has(data)) return undefined
  return { name: agent_id, work: `${work_order_id} ${data.digest}` }
}
