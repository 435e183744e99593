/** What the console asks of other services, answered by hand: a tool, an agent, its account, a log. */
import { exampleKey, exampleTrailKey, growTree } from '@prooftrail/testing/trail'
import {
  encodeEntries,
  encodeHashes,
  rootAt,
  signCheckpoint,
  tilePath,
  tilesForSize,
} from '@prooftrail/trail/log'
import type { Express } from 'express'

const ORIGIN = 'log.example/console'
const logKey = exampleKey(ORIGIN, ['log'])
const AT = '2026-11-01T10:00:00.000Z'
const key = { kid: 'k'.repeat(43), x: 'x'.repeat(43) }
const agent = { agent_id: 'agent-1', account: 'acme', keys: [key], registered_at: AT }
const limits = {
  ...{ orders_per_minute: 12_000, bytes_per_minute: 120_000_000 },
  ...{ waiting_orders: 20_000, waiting_bytes: 32_000_000 },
  orders_without_credits: { now: 2, most: 10_000 },
}
const totals = {
  ...{ credits_funded: 100, credits_held: 15, credits_debited: 30 },
  ...{ remaining_credits: 55, waiting_orders: 2 },
}
const manifest = {
  title: 'EnergyOps',
  description: 'Checks whether a site can be connected.',
  capabilities: ['interconnection_readiness_check'],
  price: { credits: 15 },
  limits: { heartbeat_seconds: 30, deadline_seconds: 300 },
  evidence: { diagrams: { description: 'The one-line diagrams.', required: true } },
}
const tool = { tool: 'energyops', revision: 1, current: '1.0.0', versions: [{ version: '1.0.0' }] }

/** A log that may grow, and fork: what it serves from then on. */
export class ExampleLog {
  #leaves: Uint8Array[] = []
  #files = new Map<string, Uint8Array>()
  note = ''

  constructor(size: number) {
    this.show(size)
  }

  /** @param branch another one: the log forgets what it showed before */
  show(size: number, branch = 'a'): void {
    this.#leaves = Array.from({ length: size }, (_, i) =>
      new TextEncoder().encode(
        `sha256:${Buffer.from(`${branch}${i}`).toString('hex').padStart(64, '0')}`,
      ),
    )
    const { get } = growTree(this.#leaves)
    this.note = signCheckpoint({ origin: ORIGIN, size, root: rootAt(size, get) }, logKey)
    this.#files = new Map(
      tilesForSize(size).map((tile) => {
        const { level, index, width } = tile
        const first = index * 256
        const bytes =
          level === 'entries'
            ? encodeEntries(this.#leaves.slice(first, first + width))
            : encodeHashes(Array.from({ length: width }, (_, i) => get(level * 8, first + i)))
        return [`/${tilePath(tile)}`, bytes]
      }),
    )
  }

  file(path: string): Uint8Array | undefined {
    return this.#files.get(path)
  }
}

/** Mounts what intake, receipt and attestation answer to whoever may read. */
export function serveReads(app: Express, log: ExampleLog): void {
  const nothing = { code: 'PT-9032', detail: 'nothing here' }
  const answers: Readonly<Record<string, unknown>> = {
    '/v1/tools': { tools: [tool] },
    '/v1/tools/:tool': {
      ...{ ...tool, keys: [key], registered_at: AT },
      versions: [{ version: '1.0.0', manifest }],
    },
    '/v1/agents': { agents: [agent] },
    '/v1/agents/:id': { ...agent, limits },
    '/v1/accounts': { accounts: [{ account: 'acme', agent_id: 'agent-1', ...totals }] },
    '/v1/accounts/:account': { account: 'acme', ...totals, last_entry: 'acme/000000000003' },
    '/v1/accounts/:account/entries': { entries: entries() },
    '/v1/settlements/:id': { object: { credits_funded: 100 }, after: [] },
    '/keys.json': { keys: [exampleTrailKey(logKey)] },
  }
  for (const [path, answer] of Object.entries(answers)) {
    app.get(path, (_req, res) => void res.json(answer))
  }
  app.get('/checkpoint', (_req, res) => void res.type('text/plain').send(log.note))
  app.get('/tile/*path', ({ path }, res) => {
    const bytes = log.file(path)
    if (bytes === undefined) res.status(404).json(nothing)
    else res.type('application/octet-stream').send(Buffer.from(bytes))
  })
  app.use((_req, res) => void res.status(404).json(nothing))
}

function entries() {
  const of = (seq: number, kind: string, credits: number, about: object) => ({
    ...{ credit_entry: `acme/${String(seq).padStart(12, '0')}`, seq, kind, credits, at: AT },
    ...{ ...totals, ...about },
  })
  const work_order_id = `wo_${'c'.repeat(32)}`
  return [
    of(3, 'debit', 15, { work_order_id }),
    of(2, 'hold', 15, { work_order_id }),
    of(1, 'fund', 100, { settlement_id: `st_${'d'.repeat(32)}` }),
  ]
}
