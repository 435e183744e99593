/** What the console tells of runs: lists, search, and the stream that follows an order. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEvents, type StreamEvent } from '../toolkit/events.ts'
import { startWorld, type TestWorld } from '../world.ts'

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

interface Row {
  work_order_id: string
  task_token: string
  lifecycle_state: string
  log_index?: number
  changes: number
}

const rowsOf = ({ event, data }: StreamEvent) => (event === 'runs' ? (data.runs as Row[]) : [])

/** Reads on until a row of the run says so; answers it with the id of the last event. */
async function until(
  events: AsyncGenerator<StreamEvent>,
  id: string,
  holds: (row: Row) => boolean,
): Promise<{ row: Row; lastId: string | undefined }> {
  let lastId: string | undefined
  for (;;) {
    const { value, done } = await events.next()
    if (done) throw new Error(`the stream ended before ${id} was there`)
    lastId = value.id ?? lastId
    const row = rowsOf(value).find((one) => one.work_order_id === id && holds(one))
    if (row) return { row, lastId }
  }
}

describe('an order that somebody follows', () => {
  test('is told from its acceptance to its seal, and again after a cut what was missed', async () => {
    const stream = `${world.url('console')}/v1/stream`
    // waits for its credits, so that most of it happens after the cut
    const agent = await world.newAgent('live', { credits: 0 })
    const first = await readEvents(stream)
    const order = agent.order()
    const id = order.object.work_order_id
    await world.publish(order)
    const seen = await until(first.events, id, () => true)
    first.cut()
    expect(seen.lastId ?? '').toMatch(/^\d*$/)
    expect(seen.row.lifecycle_state).not.toBe('attested')

    await world.fund(agent.account, 1000)
    await world.trailOf(id)
    const again = await readEvents(stream, seen.lastId)
    const { row } = await until(again.events, id, (one) => one.lifecycle_state === 'attested')
    expect(row.changes).toBeGreaterThan(seen.row.changes)
    again.cut()

    const own = await readEvents(`${world.url('console')}/v1/tasks/${row.task_token}/stream`)
    expect((await until(own.events, id, () => true)).row.lifecycle_state).toBe('attested')
    own.cut()
  })

  test('is told with how old all of it is, which is nothing once all is read', async () => {
    const { events, cut } = await readEvents(`${world.url('console')}/v1/stream`)
    await world.settle()
    let behind: unknown
    for await (const { event, data } of events) {
      if (event !== 'age') continue
      behind = data.behind_seconds
      if (behind === 0) break
      expect(typeof behind).toBe('number')
    }
    expect(behind).toBe(0)
    cut()
  })
})

describe('runs that are listed', () => {
  test('come page by page, as they are selected, and each is found by what names it', async () => {
    const agent = await world.newAgent('listed')
    const orders = [agent.order(), agent.order(), agent.order()]
    for (const order of orders) await world.publish(order)
    const ids = orders.map(({ object }) => object.work_order_id)
    for (const id of ids) await world.trailOf(id)
    await world.settle()

    const list = (query: string) => world.get('console', `/v1/runs?agent=${agent.id}&${query}`)
    const sealed = await world.until('all of them are listed as sealed', async () => {
      const { body } = await list('state=attested')
      // the list holds rows
      const rows = body.runs as unknown as Row[]
      return rows.length === ids.length ? rows : undefined
    })
    expect(sealed.map((row) => row.work_order_id).sort()).toEqual([...ids].sort())

    const first = await list('limit=2&sort=accepted')
    expect(first.body.runs).toHaveLength(2)
    const cursor = String(first.body.next_cursor)
    const rest = await list(`limit=2&sort=accepted&cursor=${cursor}`)
    expect(rest.body).toMatchObject({ runs: [{ agent_id: agent.id }] })
    const foreign = await list(`limit=2&sort=-accepted&cursor=${cursor}`)
    expect([foreign.status, foreign.body.code]).toEqual([400, 'PT-9039'])

    for (const { work_order_id, task_token, log_index } of sealed) {
      const { body } = await world.get('console', `/v1/tasks/${work_order_id}/attestation`)
      const names = [
        work_order_id,
        task_token,
        log_index,
        body.attestation_id,
        body.ledger_entry_id,
      ]
      for (const name of names) {
        const found = await world.get('console', `/v1/runs?find=${name}`)
        expect(found.body.runs).toMatchObject([{ work_order_id }])
      }
    }
  })
})
