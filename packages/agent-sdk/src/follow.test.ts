import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { followTask, type TaskEvent } from './follow.ts'

function event(sequence: number, seconds: string): TaskEvent {
  const at = `2026-01-01T00:00:${seconds}Z`
  return { sequence, type: 'happened', at, stage: 'intake', summary: `heard as ${sequence}` }
}

test('what happened earlier and is told a moment later comes first', async () => {
  const first = [event(1, '00.300'), event(2, '00.200')]
  let asks = 0
  const server = createServer((req, res) => {
    const isPage = req.url?.includes('/events') === true
    if (isPage) asks += 1
    const all = asks > 1 ? [...first, event(3, '00.100')] : first
    const after = Number(/after=(\d+)/.exec(req.url ?? '')?.[1] ?? 0)
    const view = { work_order_id: 'wo_1', lifecycle_state: 'operating', sealed: asks > 2 }
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify(isPage ? { events: all.slice(after) } : view))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const told: number[] = []
  const options = { console: `http://127.0.0.1:${port}`, everyMs: 5, holdMs: 2_000 }
  for await (const { sequence } of followTask('wo_1', options)) told.push(sequence)
  expect(told).toEqual([3, 2, 1])
})

test('a finished task is told in the order of its times, each event once', async () => {
  const events = [event(1, '00.151'), event(2, '00.131'), event(3, '00.099')]
  const server = createServer((req, res) => {
    const after = Number(/after=(\d+)/.exec(req.url ?? '')?.[1] ?? 0)
    const view = { work_order_id: 'wo_1', lifecycle_state: 'attested', sealed: true }
    const isPage = req.url?.includes('/events') === true
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify(isPage ? { events: events.slice(after) } : view))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const told: number[] = []
  for await (const { sequence } of followTask('wo_1', { console: `http://127.0.0.1:${port}` })) {
    told.push(sequence)
  }
  expect(told).toEqual([3, 2, 1])
})
