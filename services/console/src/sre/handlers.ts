import type { sreRoutes } from '@prooftrail/contracts/doors'
import { type Handlers, refuse, reply } from '@prooftrail/runtime'
import type { Sampler } from './sampler.ts'

const UNCACHED = { headers: { 'cache-control': 'no-store' } }

/** What the SRE page is drawn from. */
export function sreHandlers(sampler: Sampler): Handlers<typeof sreRoutes> {
  const { history, everySeconds, windowSeconds, keptSeconds } = sampler
  return {
    'GET /v1/sre': async () =>
      reply(
        {
          every_seconds: everySeconds,
          window_seconds: windowSeconds,
          kept_seconds: keptSeconds,
          targets: sampler.targets(),
          dashboards: history.dashboards.map(({ uid, title, description }) => ({
            ...{ uid, title, description },
          })),
        },
        UNCACHED,
      ),
    'GET /v1/sre/:dashboard': async ({ params: { dashboard }, query: { range = 900 } }) => {
      const drawn = history.draw(dashboard, range)
      if (drawn) return reply(drawn, UNCACHED)
      return refuse('PT-7060', `there is no dashboard ${dashboard.slice(0, 80)}`)
    },
  }
}
