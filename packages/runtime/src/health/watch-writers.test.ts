import { TOPIC_NAMES, topicFor, topics } from '@prooftrail/contracts'
import type { Kafka } from 'kafkajs'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeMetrics } from '../metrics.ts'
import { watchWriters } from './watch-writers.ts'

const funding = topicFor('funding.received')
/** What receipt reads besides. */
const READ = TOPIC_NAMES.filter((name) => topics[name].readers.includes('receipt'))
  .map((name) => topicFor(name))
  .filter((topic) => topic !== funding)
const WRITE = 4
const ALLOW = 3

/** A broker that answers so; what was logged, what the metric says. */
async function given(
  { principals, refuses }: { principals?: string[]; refuses?: string },
  brokers = ['kafka:9092'],
) {
  const lines: { level: number; code?: string; msg: string }[] = []
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const metrics = makeMetrics('receipt', false)
  const admin = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    describeAcls: async () => {
      if (refuses) throw Object.assign(new Error(refuses), { type: refuses })
      const acls = (principals ?? []).map((principal) => ({
        ...{ principal, host: '*', operation: WRITE, permissionType: ALLOW },
      }))
      const resource = { resourceType: 2, resourceName: funding, resourcePatternType: 3 }
      const others = READ.map((resourceName) => ({
        ...{ ...resource, resourceName },
        acls: [{ principal: 'User:archive', host: '*', operation: 3, permissionType: ALLOW }],
      }))
      return { resources: [{ ...resource, acls }, ...others] }
    },
  }
  // of an admin client nothing else is asked
  const kafka = { admin: () => admin } as unknown as Pick<Kafka, 'admin'>
  const host = { kafka, config: { kafka: { brokers } } }
  const start = () => watchWriters({ host, service: 'receipt', metrics, log })
  const watch = start()
  onTestFinished(() => watch.stop())
  const open = async () => {
    const [one] = (await metrics.registry.getMetricsAsJSON()).filter(
      ({ name }) => name === 'prooftrail_open_topics',
    )
    return Object(one).values[0].value
  }
  await watch.stop()
  return { watch, lines, open: await open(), start }
}

test('a topic that its writers alone may write is no warning', async () => {
  const { watch, lines, open } = await given({ principals: ['User:prooftrail-receipt'] })
  expect(watch.warnings()).toEqual([])
  expect(lines).toEqual([])
  expect(open).toBe(0)
})

test('a topic that is open to more is a warning, a line and a number', async () => {
  const principals = ['User:prooftrail-receipt', 'User:prooftrail-agent-agent-1']
  const { watch, lines, open } = await given({ principals })
  const detail = `${funding}: User:prooftrail-agent-agent-1 may write it`
  expect(watch.warnings()).toEqual([{ code: 'PT-9040', detail }])
  expect(lines).toMatchObject([{ level: 40, code: 'PT-9040', msg: detail }])
  expect(open).toBe(1)
})

test('a broker that asks nobody is one warning for all topics', async () => {
  const { watch, lines, open } = await given({ refuses: 'SECURITY_DISABLED' })
  expect(watch.warnings()).toMatchObject([{ code: 'PT-9041' }])
  expect(lines).toMatchObject([{ level: 40, code: 'PT-9041' }])
  expect(open).toBe(READ.length + 1)
})

test('on this machine alone it is one line for all services of a process, and no warning', async () => {
  const brokers = ['127.0.0.1:9092', 'localhost:9093']
  const { watch, lines, start } = await given({ refuses: 'SECURITY_DISABLED' }, brokers)
  await start().stop()
  expect(watch.warnings()).toEqual([])
  expect(lines.map(({ level }) => level)).toEqual([30])
})

test('what the broker does not tell is no warning, and no number of topics', async () => {
  const { watch, open } = await given({ refuses: 'CLUSTER_AUTHORIZATION_FAILED' })
  expect(watch.warnings()).toEqual([])
  expect(open).toBe(-1)
})

test('an outage of the broker stops nothing', async () => {
  const spy = vi.fn()
  process.once('unhandledRejection', spy)
  const { watch, lines } = await given({ refuses: 'NOT_CONTROLLER' })
  expect(watch.warnings()).toEqual([])
  expect(lines).toEqual([])
  expect(spy).not.toHaveBeenCalled()
})
