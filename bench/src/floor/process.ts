import { answerParent } from '../child.ts'
import { type RelayPlan, startRelays } from './relay.ts'

let stop: (() => Promise<void>) | undefined

answerParent({
  start: async ({ plan }: { plan: RelayPlan }) => {
    stop = await startRelays(plan)
  },
  stop: async () => stop?.(),
})
