import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Output } from '../output.ts'
import { batchCreate, batchDrive, batchShow } from './batches.ts'

/** Console and dispatch as far as batches ask them: 450 runs, and one batch that goes on when looked at. */
const RUNS = Array.from({ length: 450 }, (_, n) => `wo_${n}`)
const ID = `bt_${'1'.repeat(32)}`
const asked: { path: string; body: Record<string, unknown> }[] = []
/** What the batch answers at each look, the last one again and again. */
let looks: object[] = []

function batch(status: string, accepted: number, refused = 0, settled = false) {
  const total = 10
  return {
    ...{ batch_id: ID, status, total, per_second: 20, requested_by: 'olga', changes: [], settled },
    ...{
      act: { recovery_action: 'close', reason: 'r' },
      allowed: settled ? [] : ['pause', 'stop'],
    },
    ...{ created_at: '2026-11-01T10:00:00.000Z', expires_at: '2026-11-02T10:00:00.000Z' },
    counts: {
      ...{ accepted, refused, asked: 0, unanswered: 0, not_asked: 0 },
      waiting: total - accepted - refused,
    },
  }
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url ?? '/', 'http://host')
  const answer = (status: number, body: unknown) => {
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  if (req.method === 'POST') {
    asked.push({ path: url.pathname + url.search, body: JSON.parse(await textOf(req)) })
    if (url.searchParams.has('dry_run')) return answer(200, dryRun)
    return answer(201, batch(url.pathname.endsWith('/run') ? 'running' : 'created', 0))
  }
  if (url.pathname === '/v1/runs') {
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const limit = Number(url.searchParams.get('limit'))
    asked.push({ path: url.search, body: {} })
    const more = from + limit < RUNS.length ? { next_cursor: String(from + limit) } : {}
    const runs = RUNS.slice(from, from + limit).map((work_order_id) => ({ work_order_id }))
    return answer(200, { runs, ...more, generated_at: '2026-11-01T10:00:00.000Z' })
  }
  if (url.pathname.endsWith('/dry-run')) return answer(200, dryRun)
  if (url.pathname !== `/v1/batches/${ID}`) return answer(404, { code: 'PT-2061' })
  return answer(200, looks.length > 1 ? looks.shift() : looks[0])
})

const dryRun = {
  ...{ dry_run: true, total: 10, accepted: 9, refused: 1, credits: 40 },
  ...{ by_code: { 'PT-2024': 1 } },
  refusals: [{ index: 3, work_order_id: 'wo_3', code: 'PT-2024', detail: 'it is closed' }],
}

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks).toString() || '{}'
}

let said: string[]
let documents: unknown[]
const out: Output = {
  ...{ json: false, closed: false, live: false, onClosed: () => {} },
  document: (value) => void documents.push(value),
  say: (line) => void said.push(line),
}
let dir: string

beforeEach(async () => {
  said = []
  documents = []
  asked.length = 0
  dir = mkdtempSync(join(tmpdir(), 'prooftrail-batch-'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  for (const name of ['CONSOLE', 'DISPATCH']) vi.stubEnv(`${name}_URL`, `http://127.0.0.1:${port}`)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  rmSync(dir, { recursive: true, force: true })
  await new Promise((resolve) => server.close(resolve))
})

test('a filter is asked page by page, and what it finds is sent as ids', async () => {
  await batchCreate('close', { reason: 'over', tool: 'tokenops', state: 'attested' }, out)
  const [first, , , made] = asked
  expect(asked).toHaveLength(4)
  expect(first?.path).toContain('tool=tokenops')
  expect(first?.path).toContain('sort=accepted')
  expect(made?.body).toEqual({
    ...{ act: { recovery_action: 'close', reason: 'over' }, work_order_ids: RUNS },
    selected: 'tool=tokenops state=attested',
  })
  expect(said.join('\n')).toContain(`prooftrail batch run ${ID} --dry-run`)
})

test('a file of ids is sent as it is; a dry run says what it would come to', async () => {
  const runs = join(dir, 'ids')
  writeFileSync(runs, 'wo_1\nwo_2\n\n')
  const more = { perSecond: '5', hours: '2', exceptionType: 'credit_hold' }
  await batchCreate('close_exception', { reason: 'r', runs, dryRun: true, ...more }, out)
  expect(asked).toMatchObject([
    {
      path: '/v1/batches?dry_run=true',
      body: {
        ...{ work_order_ids: ['wo_1', 'wo_2'], per_second: 5, hours: 2 },
        exception_type: 'credit_hold',
      },
    },
  ])
  expect(said.join('\n')).toMatch(/9 would be accepted, 1 refused[\s\S]*40 credits[\s\S]*PT-2024/)
})

test.each([
  ['neither a file nor a filter', 'close', {}, 'PT-8013'],
  ['both', 'close', { runs: 'x', tool: 'tokenops' }, 'PT-8013'],
  ['a file that is not there', 'close', { runs: '/nowhere/ids' }, 'PT-8006'],
  ['no such act', 'explode', { tool: 'tokenops' }, 'PT-8006'],
  ['a rate that is none', 'close', { tool: 'tokenops', perSecond: 'fast' }, 'PT-8013'],
])('given %s, then nothing is made', async (_, act, options, code) => {
  await expect(batchCreate(act, { reason: 'r', ...options }, out)).rejects.toMatchObject({
    code,
    exit: 2,
  })
  expect(asked.filter(({ path }) => path.startsWith('/v1/batches'))).toEqual([])
})

test('a run is followed to its end: 0 where every act was accepted, 1 where one was not', async () => {
  looks = [batch('running', 4), batch('done', 10, 0, true)]
  expect(await batchDrive('run', ID, { reason: 'go' }, out)).toBe(0)
  expect(asked).toEqual([{ path: `/v1/batches/${ID}/run`, body: { reason: 'go' } }])
  expect(said[0]).toContain('40 %')
  looks = [batch('done', 9, 1, true)]
  expect(await batchDrive('resume', ID, {}, out)).toBe(1)
  expect(said.at(-1)).toContain('--runs --status refused')
  expect(documents).toHaveLength(2)
})

test('a batch that somebody pauses meanwhile is followed no longer', async () => {
  looks = [batch('running', 4), batch('paused', 5)]
  expect(await batchDrive('run', ID, {}, out)).toBe(1)
})

test('a dry run of a batch asks for nothing', async () => {
  expect(await batchDrive('run', ID, { dryRun: true }, out)).toBe(0)
  expect(asked).toEqual([])
})

test('a batch that is not there is told as that', async () => {
  await expect(batchShow('bt_none', {}, out)).rejects.toMatchObject({
    code: 'PT-2061',
    exit: 3,
  })
})
