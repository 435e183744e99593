import { expect } from 'vitest'
import { asked } from '../chaos/answers.ts'
import { expectBatchesInOrder } from '../chaos/batch-promises.ts'
import { nothingBatched } from '../chaos/hasty-batches.ts'
import type { Deployment } from '../deployment.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS } from '../traffic.ts'

const RUNS = 30
/** Slow enough that it is under way when it is hit. */
const PER_SECOND = 4
/** After so many answers dispatch is killed, each time. */
const MOMENTS = [3, 12, 20]

const SELECTED = 'runs of a batch that is killed'

export const batchKilled: Scenario = {
  promise:
    'kill -9 of dispatch in the middle of a batch: it goes on by itself, and every run has one answer',
  async run(d) {
    const { world, traffic, processes, journal } = d
    const orders = await traffic.send(RUNS)
    await traffic.allSealed(orders)
    const batched = nothingBatched()
    batched.selections.add(SELECTED)
    const doors = `${world.url('dispatch')}/v1/batches`
    const made = await asked(doors, {
      ...{ act: { recovery_action: 'close', reason: 'the pilot is over' }, selected: SELECTED },
      ...{ work_order_ids: orders.map(({ id }) => id), per_second: PER_SECOND },
    })
    expect(made).toMatchObject({ status: 201, body: { total: RUNS } })
    const id = String(made?.body.batch_id)
    batched.told.add(id)
    expect((await asked(`${doors}/${id}/run`, { reason: 'agreed' }))?.status).toBe(200)
    for (const answers of MOMENTS) {
      const when = `after ${answers} answers of a batch of ${RUNS}`
      await world.until(when, () => answered(d, id) >= answers || undefined, PATIENCE_MS)
      journal.fault({
        during: 'batch',
        what: 'SIGKILL',
        who: 'dispatch',
        when,
        open: traffic.open(),
      })
      await processes.kill('dispatch')
      await processes.start('dispatch')
    }
    // nobody says that it shall go on
    const settled = async () => (await asked(`${doors}/${id}`))?.body.settled === true || undefined
    await world.until('the end of the batch', settled, PATIENCE_MS)
    const [batch] = await expectBatchesInOrder(d, batched)
    expect(batch).toMatchObject({ status: 'done', counts: { accepted: RUNS } })
    expect(answered(d, id)).toBe(RUNS)
  },
}

/** How many acts of the batch dispatch has said that it accepted. */
function answered({ world }: Deployment, id: string): number {
  const ofBatch = world.heard('recovery.accepted').filter(({ value }) => {
    return value.act.object.idempotency_key.startsWith(`${id}/`)
  })
  return new Set(ofBatch.map(({ value }) => value.act.digest)).size
}
