import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@prooftrail/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actsOn } from '../toolkit/acts.ts'
import { example, type Overrides } from '../toolkit/agent.ts'
import { prooftrailJson } from '../tools/prooftrail.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'

/** Runs of each tool go from partial to complete, through each door of acts. */

let world: TestWorld
/** Where commands are typed. Tests at once have no folder that ends with one of them. */
const folder = mkdtempSync(join(tmpdir(), 'prooftrail-acts-'))
beforeAll(async () => {
  world = await startWorld()
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await world?.stop()
})
const acts = actsOn(() => world)

type Evidence = { [evidenceClass: string]: Json }

const evidenceOf = (name: string): Evidence => Object(example(name).evidence)

/** An order as the tool finds it partial, and what its agent adds. */
function cases(): Record<string, { order: Overrides; added: Evidence }> {
  const energy = example('energyops-complete')
  const { diagrams = '', ...others } = evidenceOf('energyops-complete')
  const stale = { reference: 'studies/2023.pdf', issued_at: '2023-05-01T00:00:00.000Z' }
  const finance = example('financeops-matched')
  const { provider_confirmation = '', ...invoices } = evidenceOf('financeops-matched')
  const { payment_request_artifact = '' } = evidenceOf('tokenops-complete')
  return {
    tokenops: {
      order: { evidence: evidenceOf('tokenops-missing-item') },
      added: { payment_request_artifact },
    },
    energyops: {
      order: { ...energy, evidence: { ...others, study_artifacts: stale } } as Overrides,
      added: {
        diagrams,
        study_artifacts: { reference: 'studies/2026.pdf', replaces: stale.reference },
      },
    },
    financeops: {
      order: { ...finance, evidence: invoices } as Overrides,
      added: { provider_confirmation },
    },
  }
}

/** Asks for what puts a run right, and for nothing else. */
type Door = (agent: RegisteredAgent, id: string, added: Evidence) => Promise<void>

const doors: Record<string, Door> = {
  async topic(agent, id, added) {
    await acts.publish(await acts.sign(agent, id, 'add_evidence', { evidence: added }))
    await world.until('the evidence', async () => (await acts.view(id)).acts_accepted || undefined)
    await acts.publish(await acts.sign(agent, id, 'replay_from_checkpoint'))
  },
  async http(agent, id, added) {
    const first = await acts.send(agent, id, 'add_evidence', { evidence: added })
    expect(first).toMatchObject({ status: 200, body: { run: { state: 'partial' } } })
    expect(await acts.send(agent, id, 'replay_from_checkpoint')).toMatchObject({
      status: 200,
      body: { act: { status: 'accepted' } },
    })
  },
  async cli(agent, id, added) {
    const key = join(folder, `${id}.jwk`)
    const file = join(folder, `${id}.json`)
    writeFileSync(key, JSON.stringify(agent.keys.privateJwk))
    writeFileSync(file, JSON.stringify(added))
    const as = ['--key', key]
    const first = await prooftrailJson(folder, 'evidence', 'add', id, file, ...as)
    expect(first).toMatchObject({ act: { status: 'accepted' }, run: { state: 'partial' } })
    const second = await prooftrailJson(folder, 'replay', id, ...as)
    expect(second).toMatchObject({ act: { status: 'accepted' } })
  },
}

const rounds = ['tokenops', 'energyops', 'financeops'].flatMap((tool) =>
  Object.keys(doors).map((door) => [tool, door] as const),
)

describe.concurrent('given a partial run', () => {
  test.each(rounds)(
    'of %s, over the %s door evidence is added and the run replayed: one trail, paid once',
    async (tool, door) => {
      const { order: asked, added } = cases()[tool] ?? {}
      if (!asked || !added) throw new Error(`no case of ${tool}`)
      const agent = await world.newAgent(`acts-${tool}-${door}`)
      const { agent_id: _, ...members } = asked
      const order = agent.order({ ...members, callback_url: agent.callbacks.url })
      const { work_order_id: id } = order.object
      await world.publish(order)
      const first = await world.trailOf(id)
      expect(first.verdict.verdict).toBe('partial')
      const { debited } = Object(first.object('ledger_entry')?.credits)
      const { open_evidence = [] } = await acts.view(id)
      expect(Object.keys(added).sort()).toEqual([...open_evidence].sort())

      await doors[door]?.(agent, id, added)
      const last = await world.until('the second result', async () => {
        const found = await world.trailOf(id)
        return found.verdict.verdict === 'ready' ? found : undefined
      })
      const before = first.bundle.links
      expect(last.bundle.links.slice(0, before.length)).toEqual(before)
      expect(last.object('result_contract/1')).toMatchObject({ result_status: 'ready' })
      const newest = last.bundle.links.findLast(({ name }) => name.startsWith('ledger_entry'))
      expect(last.object(newest?.name ?? '')).toMatchObject({ credits: { debited } })
      const events = agent.callbacks.received.map(({ body }) => JSON.parse(String(body)).event_type)
      expect(events).toEqual(['task_result_partial', 'task_result_ready'])
      await world.until('the end of its tickets', async () => {
        const { state, open_tickets } = await acts.view(id)
        return (state === 'ready' && JSON.stringify(open_tickets) === '[]') || undefined
      })
    },
    // a command is a process of its own, and so are all of them at once
    180_000,
  )
})

/** A row of a list, looked for page after page; undefined where none of them holds it. */
async function listed(
  words: readonly string[],
  isIt: (row: Record<string, unknown>) => boolean,
): Promise<unknown> {
  let cursor: string[] = []
  for (;;) {
    const page = await prooftrailJson(folder, ...words, '--limit', '200', ...cursor)
    const { next_cursor, accounts, agents = accounts } = Object(page)
    const row = agents.find(isIt)
    if (row !== undefined || next_cursor === undefined) return row
    cursor = ['--cursor', next_cursor]
  }
}

test('lists of runs, tickets, accounts and agents say the command that helps', async () => {
  const agent = await world.newAgent('acts-lists')
  const order = agent.order({ evidence: evidenceOf('tokenops-missing-item') })
  const { work_order_id } = order.object
  await world.publish(order)
  await world.trailOf(work_order_id)
  const list = (...args: string[]) => prooftrailJson(folder, ...args, '--agent', agent.id)
  // the console lists what it has saved, a moment later
  const row = await world.until('the run in a list', async () => {
    const { runs } = Object(await list('runs', '--state', 'exception_open'))
    return runs.length > 0 ? runs : undefined
  })
  const way_on = `prooftrail report ${work_order_id}`
  expect(row).toMatchObject([{ work_order_id, waits_for: 'operator', way_on }])
  expect(await list('exceptions', '--type', 'evidence_gap')).toMatchObject({
    exceptions: [
      {
        exception_type: 'evidence_gap',
        way_on: `prooftrail evidence add ${work_order_id} FILE`,
      },
    ],
  })
  expect(await list('exceptions', '--type', 'credit_hold')).toEqual({ exceptions: [] })
  const account = await listed(['accounts'], (row) => row.account === agent.account)
  expect(account).toMatchObject({ way_on: `prooftrail credits show ${agent.account}` })
  const registered = await listed(['agents', 'list'], (row) => row.agent_id === agent.id)
  expect(registered).toMatchObject({ keys_that_count: 1 })
}, 180_000)
