import { topicFor } from '@prooftrail/contracts'
import { connectHost, readHostConfig } from '@prooftrail/runtime'
import { KnownSignatures } from './check-link.ts'
import { decide } from './decide.ts'
import { evolve } from './evolve.ts'
import { openFolder } from './log/fold.ts'
import { startIntegrator } from './log/integrate.ts'
import { makeRecordReader } from './log/ledger-record.ts'
import { openLogStore } from './log/mongo-store.ts'
import { makeSigner } from './signer.ts'
import { initial, type State } from './state.ts'
import { allKeys, exampleKeys, exampleRun, ORIGIN, serviceKeys } from './testing/example-run.ts'

const N = Number(process.argv[2] ?? 10000)
const host = await connectHost(
  readHostConfig({
    ...process.env,
    MONGODB_DATABASE: `b${Date.now().toString(36)}`,
    OPEN_ACCESS: '1',
    LOG_LEVEL: 'warn',
  }),
  'bench',
)
await host.codec.ready(['ledger.appended', 'parked'])
const keys = new Map(allKeys.keys.map((k) => [k.kid, k]))
const known = new KnownSignatures()
const made = new KnownSignatures(100_000)
const ctx = {
  known,
  signer: makeSigner(exampleKeys.attestation, undefined, made),
  findKey: (k: string) => keys.get(k),
  leaves: new Map(),
}
const admin = host.kafka.admin()
await admin.connect()
const [{ high } = { high: '0' }] = await admin.fetchTopicOffsets(topicFor('ledger.appended'))
await admin.disconnect()
const tag = Date.now().toString(36)
const values: Buffer[] = []
let joinMs = 0,
  stateBytes = 0
for (let i = 0; i < N; i++) {
  const run = exampleRun({ name: `${tag}-${i}` })
  let state: State = initial
  const t = process.cpuUsage()
  for (const input of run.facts) {
    for (const e of decide(state, input, ctx)) {
      state = evolve(state, e)
      if (e.type === 'ledger.appended') values.push(host.codec.encode('ledger.appended', e.data))
    }
  }
  {
    const u = process.cpuUsage(t)
    joinMs += (u.user + u.system) / 1000
  }
  stateBytes = JSON.stringify(state).length
}
console.log(
  'join ms/order',
  joinMs / N,
  'state bytes',
  stateBytes,
  'entry bytes',
  values[0]?.length,
)
for (let i = 0; i < N; i += 200)
  await host.producer.send({
    topic: topicFor('ledger.appended'),
    acks: -1,
    messages: values.slice(i, i + 200).map((value) => ({ key: 'k', value })),
  })
for (const mode of ['verify all', 'own signatures known']) {
  const db = host.db.admin ? (host as any) : host
  await host.db.collection('trails.log').deleteMany({})
  await host.db.collection('trails.leaves').deleteMany({})
  await host.db.collection('trails.tiles').deleteMany({})
  const store = await openLogStore(host.db)
  const log = { origin: ORIGIN, key: exampleKeys.log }
  // begin behind what earlier runs left on the topic
  const folder0 = await openFolder(store, log)
  void folder0
  await store.move(undefined, {
    ...((await openFolder(store, log)).head() ?? (await import('./log/fold.ts')).emptyHead(log)),
    next_offset: Number(high),
  })
  const spent: Record<string, number> = {}
  const timed = Object.fromEntries(Object.entries(store).map(([n, f]) => [n, async (...a: any[]) => { const t = performance.now(); try { return await (f as any)(...a) } finally { spent[n] = (spent[n] ?? 0) + performance.now() - t } }])) as unknown as typeof store
  const folder = await openFolder(timed, log)
  let told = 0
  const cpu = process.cpuUsage()
  const k2 = new KnownSignatures()
  if (mode !== 'verify all') {
    for (const one of (known as any)['#known'] ?? []) void one
  }
  const t0 = performance.now()
  let readMs = 0
  const rd = makeRecordReader(serviceKeys, mode === 'verify all' ? k2 : made)
  const integrator = await startIntegrator({
    kafka: host.kafka,
    group: `bench-${Date.now()}`,
    codec: host.codec,
    folder,
    read: (l: any) => { const t = performance.now(); const r = rd(l); readMs += performance.now() - t; return r },
    integrated: async (e) => {
      told += e.length
    },
    park: async () => {},
    log: { warn: console.warn, error: console.error },
  })
  const t1 = performance.now()
  await integrator.caughtUp()
  const ms = performance.now() - t1
  const used = process.cpuUsage(cpu)
  console.log(
    mode,
    'leaves',
    folder.head()?.size,
    'start ms',
    (t1 - t0).toFixed(0),
    'fold ms (incl. group join)',
    ms.toFixed(0),
    'leaves/s',
    ((N * 1000) / ms).toFixed(0),
    'cpu us/leaf',
    ((used.user + used.system) / N).toFixed(0),
    'told',
    told,
    'rss MB',
    (process.memoryUsage().rss / 1e6).toFixed(0),
  )
  console.log(spent, 'read', readMs.toFixed(0))
  await integrator.stop()
}
await host.db.dropDatabase()
await host.close()
