import { expect, test } from 'vitest'
import { makeGate } from './gate.ts'

/** Something that ends when it is told to. */
function held() {
  let end = () => {}
  const promise = new Promise<string>((resolve) => {
    end = () => resolve('done')
  })
  return { act: () => promise, end: () => end() }
}

test('a receiver whose places are taken holds up its own callbacks and nobody else’s', async () => {
  const gate = makeGate({ places: 1, queue: 10, waitMs: 60_000 })
  const slow = held()
  const first = gate.pass('slow.example', Date.now(), slow.act)
  const second = gate.pass('slow.example', Date.now(), async () => 'second')
  expect(await gate.pass('fast.example', Date.now(), async () => 'fast')).toBe('fast')
  slow.end()
  expect(await first).toBe('done')
  expect(await second).toBe('second')
})

test('who finds the queue full, or waited too long, is turned away and never runs', async () => {
  const gate = makeGate({ places: 1, queue: 1, waitMs: 60_000 })
  const slow = held()
  let ran = false
  const run = async () => {
    ran = true
    return 'ran'
  }
  const first = gate.pass('slow.example', Date.now(), slow.act)
  const late = gate.pass('slow.example', Date.now() - 60_001, run)
  expect(await gate.pass('slow.example', Date.now(), run)).toBeUndefined()
  slow.end()
  await first
  expect(await late).toBeUndefined()
  expect(ran).toBe(false)
})

test('an act that throws gives its place back', async () => {
  const gate = makeGate({ places: 1, queue: 1, waitMs: 60_000 })
  await expect(
    gate.pass('a.example', Date.now(), () => Promise.reject(new Error('broken'))),
  ).rejects.toThrow('broken')
  expect(await gate.pass('a.example', Date.now(), async () => 'next')).toBe('next')
})
