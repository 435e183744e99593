import { expect, test } from 'vitest'
import { makePerReceiverLimit } from './per-receiver-limit.ts'

/** Something that ends when it is told to. */
function held() {
  let end = () => {}
  const promise = new Promise<string>((resolve) => {
    end = () => resolve('done')
  })
  return { act: () => promise, end: () => end() }
}

test('a receiver whose places are taken holds up its own callbacks and nobody else’s', async () => {
  const limit = makePerReceiverLimit({ places: 1, queue: 10, waitMs: 60_000 })
  const slow = held()
  const first = limit.pass('slow.example', Date.now(), slow.act)
  const second = limit.pass('slow.example', Date.now(), async () => 'second')
  expect(await limit.pass('fast.example', Date.now(), async () => 'fast')).toBe('fast')
  slow.end()
  expect(await first).toBe('done')
  expect(await second).toBe('second')
})

test('who finds the queue full, or waited too long, is turned away and never runs', async () => {
  const limit = makePerReceiverLimit({ places: 1, queue: 1, waitMs: 60_000 })
  const slow = held()
  let ran = false
  const run = async () => {
    ran = true
    return 'ran'
  }
  const first = limit.pass('slow.example', Date.now(), slow.act)
  const late = limit.pass('slow.example', Date.now() - 60_001, run)
  expect(await limit.pass('slow.example', Date.now(), run)).toBeUndefined()
  slow.end()
  await first
  expect(await late).toBeUndefined()
  expect(ran).toBe(false)
})

test('an act that throws gives its place back', async () => {
  const limit = makePerReceiverLimit({ places: 1, queue: 1, waitMs: 60_000 })
  await expect(
    limit.pass('a.example', Date.now(), () => Promise.reject(new Error('broken'))),
  ).rejects.toThrow('broken')
  expect(await limit.pass('a.example', Date.now(), async () => 'next')).toBe('next')
})
