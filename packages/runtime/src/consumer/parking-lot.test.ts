import { describe, expect, test } from 'vitest'
import type { Parking } from '../rounds/park.ts'
import { ParkingLot } from './parking-lot.ts'

/** A lot whose topic the test opens. */
function aLot() {
  const parked: string[][] = []
  let isOpen = false
  let fault: Error | undefined
  const lot = new ParkingLot({
    async park(entries) {
      while (!isOpen) await new Promise((done) => setTimeout(done, 1))
      if (fault) throw fault
      parked.push(entries.map(({ input }) => input))
    },
  })
  return {
    ...{ lot, parked },
    open: (failing?: Error) => {
      isOpen = true
      fault = failing
    },
  }
}

const entries = (count: number, value = '') =>
  // of what is parked, the lot looks at these only
  Array.from(
    { length: count },
    (_, n) => ({ input: `${n}`, value: { value } }) as unknown as Parking,
  )

describe('given messages to be parked', () => {
  test('while the topic takes none, then whoever brings some goes on, and hears later', async () => {
    const { lot, parked, open } = aLot()
    let heard = 0
    for (let n = 0; n < 5; n += 1) {
      const added = await lot.add(entries(1_000))
      void added.parked.then(() => (heard += 1))
    }
    expect(heard).toBe(0)
    open()
    await lot.idle()
    expect(heard).toBe(5)
    expect(parked.flat()).toHaveLength(5_000)
    expect(Math.max(...parked.map((one) => one.length))).toBe(64)
  })

  test.each([
    ['many', entries(20_000)],
    ['large', entries(17, 'x'.repeat(1_000_000))],
  ])(
    'when too %s are on their way, then the next waits until some are parked',
    async (_, first) => {
      const { lot, open } = aLot()
      await lot.add(first)
      let isTaken = false
      const next = lot.add(entries(1)).then(() => (isTaken = true))
      await new Promise((done) => setTimeout(done, 20))
      expect(isTaken).toBe(false)
      open()
      await next
      await lot.idle()
    },
  )

  test('when it is given up, then all who wait hear it, and nobody is told that it is parked', async () => {
    const { lot, open } = aLot()
    const { parked } = await lot.add(entries(200))
    open(new Error('stopping'))
    await expect(parked).rejects.toThrow('stopping')
    await lot.idle()
  })

  test('when there is nothing, then nobody waits', async () => {
    const { lot } = aLot()
    const { parked } = await lot.add([])
    await parked
    await lot.idle()
  })
})
