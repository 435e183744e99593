import { describe, expect, test } from 'vitest'
import { Shutdown, StopIncomplete, Together } from './shutdown.ts'

const never = { stop: () => new Promise<void>(() => undefined) }

describe('a stop', () => {
  test('given parts, then they stop in reverse order, once, and one fault keeps no other from it', async () => {
    const said: string[] = []
    const part = (name: string, fault?: Error) => ({
      async stop() {
        said.push(name)
        if (fault) throw fault
      },
    })
    const shutdown = new Shutdown()
    for (const one of ['a', 'b', 'c'])
      shutdown.add(part(one, one === 'b' ? new Error('b') : undefined))
    await expect(Promise.all([shutdown.stop(), shutdown.stop()])).rejects.toThrow('b')
    expect(said).toEqual(['c', 'b', 'a'])
  })

  test('given parts that hang, then it ends in time, names them, and has stopped the others', async () => {
    let isStopped = false
    const shutdown = new Shutdown(120)
    const door = {
      async stop() {
        isStopped = true
      },
    }
    shutdown.add(door, 'the door')
    shutdown.add(never, 'mongodb')
    shutdown.add(never, 'the loop')
    const begun = Date.now()
    const error = await shutdown.stop().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(StopIncomplete)
    expect(error).toMatchObject({ code: 'PT-9036', left: ['the loop', 'mongodb'] })
    expect(isStopped).toBe(true)
    // each has a part of the time, and all of them no more than it
    expect(Date.now() - begun).toBeGreaterThanOrEqual(95)
    expect(Date.now() - begun).toBeLessThan(1_000)
  })

  test('given a stop in a stop, then what both left is told', async () => {
    const inner = new Shutdown(40)
    inner.add(never, 'the loop')
    const outer = new Shutdown(400)
    outer.add(never, 'kafka')
    outer.add(inner, 'the service')
    await expect(outer.stop()).rejects.toMatchObject({ left: ['the loop', 'kafka'] })
  })
})

describe('a stop of several at once', () => {
  test('given some that leave something, then all are stopped, and all that was left is named', async () => {
    const said: string[] = []
    const part = (name: string, fault?: Error) => ({
      async stop() {
        said.push(name)
        if (fault) throw fault
      },
    })
    const together = new Together()
    together.add(part('a', new StopIncomplete(['loop of a'])))
    together.add(part('b', new Error('b')))
    together.add(part('c', new StopIncomplete(['loop of c'])))
    await expect(together.stop()).rejects.toMatchObject({ left: ['loop of a', 'loop of c'] })
    expect(said).toEqual(['a', 'b', 'c'])

    const failing = new Together()
    failing.add(part('d', new Error('d')))
    await expect(failing.stop()).rejects.toThrow('d')
  })
})
