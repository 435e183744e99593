/**
 * The alert of each drill fires while its fault lasts, and ends after it: on one process per service, a
 * real Prometheus, and the deployment's own rules, whose spans are shorter (drills/drill.ts).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasPrometheus, type Prometheus, startPrometheus } from '../toolkit/prometheus.ts'
import { type Deployment, openDeployment } from './deployment.ts'
import { firesNow, SPEED, untilFires, untilOver } from './drills/drill.ts'
import { drills } from './drills/drills.ts'

const isThere = hasPrometheus()
let d: Deployment | undefined
let prometheus: Prometheus | undefined

beforeAll(async () => {
  if (!isThere) return
  d = await openDeployment({ ownServers: true })
  const services = d.processes.urls()
  prometheus = await startPrometheus({ services, speed: SPEED, everySeconds: 1 })
}, 240_000)

afterAll(async () => {
  await prometheus?.stop()
  await d?.stop()
}, 240_000)

describe.skipIf(!isThere)('given rules that run thirty times as fast', () => {
  test.each(drills.map((drill) => [drill.cause, drill.alert, drill] as const))(
    'when %s, then %s fires until it is mended',
    async (_cause, _alert, drill) => {
      if (!d || !prometheus) throw new Error('nothing is deployed')
      await untilOver(prometheus, drill)
      const mend = await drill.inject(d)
      try {
        const { summary } = await untilFires(prometheus, drill)
        expect(summary).not.toBe('')
      } finally {
        await mend()
      }
      await untilOver(prometheus, drill)
      expect(await firesNow(prometheus, drill)).toBeUndefined()
    },
    400_000,
  )
})
