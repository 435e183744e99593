import { expect } from 'vitest'
import type { Scenario } from '../scenario.ts'

/** @param orders how many are under way meanwhile */
export function deliveredTwice(orders: number): Scenario {
  return {
    promise: 'every message is delivered twice, and counts once',
    async run({ world, services, processes, sabotage, traffic, journal }) {
      const tell = (on: boolean) => {
        for (const service of services) sabotage.twice(processes.port(service), on)
      }
      tell(true)
      const sent = await traffic.send(orders, { times: 2 })
      await traffic.allSealed(sent)
      const said = sent.map(({ id }) => world.heard('usage-receipt.issued', id).length)
      expect(said.filter((times) => times < 2)).toEqual([])
      for (const who of services) {
        const when = `everything that it published for ${orders} orders`
        journal.fault({ during: 'twice', what: 'published twice', who, when, open: orders })
      }
      tell(false)
    },
  }
}
