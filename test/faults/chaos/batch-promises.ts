import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { type ActAnswers, actAnswers } from './act-answers.ts'
import { type Batched, type BatchView, batchesOf } from './hasty-batches.ts'

/**
 * What holds of batches, whatever was killed meanwhile.
 * G1 One that was asked for is made once at most, one of which an operator was told is made, and every one ends.
 * G2 Each of its runs has one answer, each in its place, and the batch counts them so. One whose making was cut
 *    short has its first runs only, and was never run.
 * G3 `accepted` is one accepted act of that run under the key of its place, `refused` is none and was said
 *    with that code, and of what was not asked for there is neither.
 * G4 It went from state to state as the table says, and each change was told in one form.
 */
export async function expectBatchesInOrder(d: Deployment, batched: Batched): Promise<BatchView[]> {
  const ids = batchesOf(d, batched)
  const listed = (await list(d)).filter(({ selected = '' }) => batched.selections.has(selected))
  expect(listed.map(({ batch_id }) => batch_id).sort()).toEqual([...ids].sort())
  expect([...batched.told].filter((id) => !ids.includes(id))).toEqual([])
  const selections = listed.map(({ selected }) => selected)
  expect(selections).toHaveLength(new Set(selections).size)
  const said = await actAnswers(d)
  const batches: BatchView[] = []
  for (const id of ids) {
    const { body } = await d.world.get('dispatch', `/v1/batches/${id}`)
    const view = body as unknown as BatchView
    batches.push(view)
    const runs = await runsOf(d, id)
    expectOneAnswerEach(view, runs)
    expectAsSaid(id, runs, said)
    expectChanges(d, view)
  }
  return batches
}

/** All batches, page by page. */
async function list({ world }: Deployment): Promise<BatchView[]> {
  const found: BatchView[] = []
  for (let next: unknown = ''; next !== undefined; ) {
    const after = next === '' ? '' : `&after=${next}`
    const { body } = await world.get('dispatch', `/v1/batches?limit=100${after}`)
    found.push(...(body.batches as BatchView[]))
    next = body.next
  }
  return found
}

interface Run {
  index: number
  work_order_id: string
  status: string
  code?: string
}

async function runsOf({ world }: Deployment, id: string): Promise<Run[]> {
  const runs: Run[] = []
  for (let next: unknown = -1; next !== undefined; ) {
    const after = next === -1 ? '' : `&after=${next}`
    const { body } = await world.get('dispatch', `/v1/batches/${id}/runs?limit=1000${after}`)
    runs.push(...(body.runs as Run[]))
    next = body.next
  }
  return runs
}

const ENDS = ['accepted', 'refused', 'unanswered', 'not_asked']

/** G2 */
function expectOneAnswerEach(
  { batch_id, total, counts, settled, changes }: BatchView,
  runs: Run[],
): void {
  const wasRun = changes.some(({ status }) => status === 'running')
  const there = wasRun ? total : Math.min(total, runs.length)
  expect({ batch_id, settled, indexes: runs.map(({ index }) => index) }).toEqual({
    ...{ batch_id, settled: true, indexes: [...Array(there).keys()] },
  })
  expect(new Set(runs.map(({ work_order_id }) => work_order_id)).size).toBe(there)
  const listed = Object.fromEntries(
    Object.keys(counts).map((one) => [one, runs.filter(({ status }) => status === one).length]),
  )
  const { not_asked = 0 } = counts
  expect({ batch_id, ...listed }).toEqual({
    ...{ batch_id, ...counts, not_asked: not_asked - (total - there) },
  })
  expect(runs.filter(({ status }) => !ENDS.includes(status))).toEqual([])
}

/** G3 */
function expectAsSaid(id: string, runs: readonly Run[], said: ActAnswers): void {
  const unlike = runs.filter(({ index, work_order_id, status, code }) => {
    const key = `${work_order_id} ${id}/${index}`
    const isAccepted = said.accepted.has(key)
    const refused = said.refused.get(key)
    switch (status) {
      case 'accepted':
        return !isAccepted || refused !== undefined
      case 'refused':
        // a run that nobody knew when the batch was made is asked nothing
        return isAccepted || (refused ?? 'PT-2021') !== code
      case 'not_asked':
        return isAccepted || refused !== undefined
      default:
        return isAccepted || refused !== undefined || !said.parked.has(key)
    }
  })
  expect({ id, unlike }).toEqual({ id, unlike: [] })
}

/** G4: what may come after what. */
const NEXT: Record<string, readonly string[]> = {
  '': ['created'],
  created: ['running', 'stopped', 'expired'],
  running: ['paused', 'done', 'stopped', 'expired'],
  paused: ['running', 'stopped', 'expired'],
}

function expectChanges({ world }: Deployment, { batch_id, changes }: BatchView): void {
  const steps = changes.map(({ status }, n) => [changes[n - 1]?.status ?? '', status] as const)
  expect(steps.filter(([from, to]) => !NEXT[from]?.includes(to))).toEqual([])
  const told = world.heard('batch.changed').filter(({ value }) => value.batch_id === batch_id)
  expect(new Set(told.map(({ bytes }) => bytes)).size).toBe(changes.length)
}
