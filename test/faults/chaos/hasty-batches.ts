import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { PATIENCE_MS } from '../traffic.ts'
import { type Answers, asked, makeAnswers } from './answers.ts'
import type { ActedOn } from './hasty-acts.ts'
import type { Bulk } from './people.ts'
import type { Timed } from './schedule.ts'

/** Batches that hasty operators made, known by what they say was selected. */
export interface Batched {
  /** One for each that was asked for; nobody else says the same. */
  selections: Set<string>
  /** Ids that an operator was told. */
  told: Set<string>
  answers: Answers
}

export function nothingBatched(): Batched {
  return { selections: new Set(), told: new Set(), answers: makeAnswers() }
}

/** No run has it. */
export const NOBODY = 'wo_nobody_knows'

/** Makes each batch at its time and says of it what was drawn, each once, whatever is answered. */
export async function actInBulk(
  d: Deployment,
  { acted, batched }: { acted: ActedOn; batched: Batched },
  bulk: readonly Timed<Bulk>[],
  after: (ms: number) => Promise<void>,
): Promise<void> {
  const mark = `chaos ${randomBytes(4).toString('hex')}`
  const all: Promise<void>[] = []
  for (const [n, one] of bulk.entries()) {
    await after(one.at)
    all.push(oneBatch(d, { acted, batched, after }, one, `${mark} ${n}`))
  }
  await Promise.all(all)
}

async function oneBatch(
  { world }: Deployment,
  {
    acted,
    batched: { selections, told, answers },
    after,
  }: { acted: ActedOn; batched: Batched; after: (ms: number) => Promise<void> },
  { at, act, exception_type, run, count, perSecond, via, isDry, steps }: Timed<Bulk>,
  selected: string,
): Promise<void> {
  const chosen = acted.orders.slice(Math.max(0, run - count), Math.max(1, run))
  const [first] = chosen
  if (first === undefined) return
  const doors = `${world.url(via)}/v1/batches`
  selections.add(selected)
  const made = await asked(doors, {
    ...{ act: { recovery_action: act, reason: 'in haste' }, exception_type, selected },
    // one of them twice: it is one run of the batch
    ...{ work_order_ids: [...chosen, NOBODY, first], per_second: perSecond },
  })
  answers.count('create', answerOf(made))
  const id = made?.body.batch_id ?? ASKED_FOR.exec(String(made?.body.detail))?.[1]
  if (typeof id !== 'string') return
  told.add(id)
  if (made?.status !== 201) return
  expect(made?.body.total).toBe(new Set(chosen).size + 1)
  if (isDry) await dryRun(`${doors}/${id}/dry-run`, chosen.length + 1, answers)
  let time = at
  for (const { request, afterMs } of steps) {
    time += afterMs
    await after(time)
    answers.count(request, answerOf(await asked(`${doors}/${id}/${request}`, { reason: 'haste' })))
  }
}

/** What is said of a batch that is on its way. */
const ASKED_FOR = /(bt_[0-9a-f]{32}) was asked for/

/** What it says adds up. */
async function dryRun(url: string, total: number, answers: Answers): Promise<void> {
  const dry = await asked(url)
  answers.count('dry-run', dry?.status === 200 ? 'answered' : answerOf(dry))
  if (dry?.status !== 200) return
  const { accepted, refused, by_code } = dry.body
  const coded = Object.values(Object(by_code)).reduce((sum: number, one) => sum + Number(one), 0)
  expect({ total: dry.body.total, sum: Number(accepted) + Number(refused), coded }).toEqual({
    ...{ total, sum: total, coded: refused },
  })
}

function answerOf(answer: Awaited<ReturnType<typeof asked>>): string {
  if (answer === undefined) return 'no answer'
  const { code, status } = answer.body
  return String(code ?? status ?? answer.status)
}

export interface BatchView {
  batch_id: string
  status: string
  selected?: string
  total: number
  settled: boolean
  counts: { [status: string]: number }
  changes: { status: string }[]
}

/** The ids of the batches that were made here, as dispatch said. */
export function batchesOf({ world }: Deployment, { selections }: Batched): string[] {
  const made = world.heard('batch.changed').filter(({ value: { status, terms } }) => {
    return status === 'created' && selections.has(terms.selected ?? '')
  })
  return [...new Set(made.map(({ value }) => value.batch_id))]
}

/** Stops what was left lying, and waits until every batch has ended. */
export async function endBatches(d: Deployment, batched: Batched): Promise<void> {
  const { world } = d
  await world.settle(PATIENCE_MS)
  const doors = `${world.url('dispatch')}/v1/batches`
  for (const id of batchesOf(d, batched)) {
    const ended = async () => {
      const { settled, status } = (await asked(`${doors}/${id}`))?.body ?? {}
      if (status === 'created' || status === 'paused') {
        const said = await asked(`${doors}/${id}/stop`, { reason: 'left lying' })
        batched.answers.count('stop', answerOf(said))
      }
      return settled === true || undefined
    }
    await world.until(`the end of ${id}`, ended, 2 * PATIENCE_MS)
  }
}
