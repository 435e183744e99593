import { topicFor } from '@prooftrail/contracts'
import { connectHost, type Host, produce, type Running, readHostConfig } from '@prooftrail/runtime'
import { Link, verifyTrail } from '@prooftrail/trail'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  exampleEntry,
  exampleKeys,
  exampleRun,
  ORIGIN,
  registered,
  serviceKeys,
} from './attestation.fixtures.ts'
import type { AttestationConfig } from './config.ts'
import { openLogStore } from './log/index.ts'
import { start as startService } from './service.ts'
import type { AttestationInput } from './state.ts'

const run = Date.now().toString(36)
const config: AttestationConfig = {
  port: 0,
  key: exampleKeys.attestation,
  logKey: exampleKeys.log,
  origin: ORIGIN,
  keys: serviceKeys,
}
let host: Host

beforeAll(async () => {
  const env = {
    ...process.env,
    MONGODB_DATABASE: `attestation_${run}`,
    OPEN_ACCESS: '1',
    LOG_LEVEL: 'warn',
  }
  host = await connectHost(readHostConfig(env), 'attestation-test')
  return async () => {
    await host.db.dropDatabase()
    await host.close()
  }
})

async function start(): Promise<Running> {
  const running = await startService(host, config)
  let stopped = false
  const stop = async () => {
    if (!stopped) await running.stop()
    stopped = true
  }
  onTestFinished(stop)
  return { ...running, stop }
}

async function publish(inputs: readonly AttestationInput[]): Promise<void> {
  for (const { type, data } of inputs) {
    if (type !== 'due' && type !== 'entry.integrated') await produce(host, 'test', type, data)
  }
}

async function verdictOf({ url }: Running, id: string): Promise<unknown> {
  const answer = await fetch(`${url}/v1/trails/${id}`)
  if (answer.status !== 200) return answer.status
  const keys = await fetch(`${url}/keys.json`)
  const { ok, problems } = verifyTrail(await answer.text(), await keys.text())
  return { ok, problems }
}

const good = { ok: true, problems: [] }
const patience = { timeout: 30_000, interval: 100 }

describe('given attestation on the real stack', () => {
  test('when facts of runs arrive, then their bundles verify, also after a restart, and a foreign entry stays outside', async () => {
    const first = await start()
    await vi.waitFor(async () => {
      expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
    }, patience)
    const runs = Array.from({ length: 12 }, (_, i) =>
      exampleRun({ name: `${run}-${i}`, callback: 'pending' }),
    )
    await publish(runs.flatMap(({ facts }) => [...facts].reverse()))
    await publish([registered('agent'), registered('tool')])
    for (const { work_order_id } of runs) {
      await vi.waitFor(async () => {
        expect(await verdictOf(first, work_order_id)).toEqual(good)
      }, patience)
    }
    await first.stop()

    const store = await openLogStore(host.db)
    const before = await store.head()
    const late = runs.slice(0, 3)
    await publish(late.map(({ attempted }) => attempted(2, 'delivered')))
    const entry = exampleEntry('wo_foreign', 'le_foreign')
    const foreign = Link.sign('ledger_entry', entry, [], exampleKeys.callback)
    await produce(host, 'test', 'ledger.appended', foreign)

    const second = await start()
    for (const { work_order_id } of late) {
      await vi.waitFor(async () => {
        const answer = await fetch(`${second.url}/v1/trails/${work_order_id}`)
        expect(await answer.text()).toContain('attestation/1')
        expect(await verdictOf(second, work_order_id)).toEqual(good)
      }, patience)
    }
    const after = await store.head()
    expect(after?.size).toBe((before?.size ?? 0) + late.length)
    expect(await store.known(['le_foreign'])).toEqual(new Map())
    expect(await verdictOf(second, 'wo_unknown')).toBe(404)

    const checkpoint = await fetch(`${second.url}/checkpoint`)
    expect(await checkpoint.text()).toBe(after?.note)
    const tile = await fetch(`${second.url}/tile/0/000.p/${after?.size}`)
    expect(tile.headers.get('content-type')).toBe('application/octet-stream')
    expect((await tile.arrayBuffer()).byteLength).toBe((after?.size ?? 0) * 32)
    expect((await fetch(`${second.url}/tile/0/000`)).status).toBe(404)
  })

  test('when the topic is shorter than the checkpoint, then the log is not ready and answers nothing', async () => {
    const admin = host.kafka.admin()
    await admin.connect()
    onTestFinished(() => admin.disconnect())
    const [end] = await admin.fetchTopicOffsets(topicFor('ledger.appended'))
    const store = await openLogStore(host.db)
    const head = await store.head()
    if (!head) throw new Error('the log has leaves')
    const beyond = { ...head, next_offset: Number(end?.high) + 5 }
    expect(await store.move(head, beyond)).toBe(true)
    onTestFinished(async () => {
      await store.move(beyond, head)
    })
    const running = await start()
    expect(await (await fetch(`${running.url}/readyz`)).text()).toContain('PT-6012')
    expect((await fetch(`${running.url}/checkpoint`)).status).toBe(503)
  })
})
