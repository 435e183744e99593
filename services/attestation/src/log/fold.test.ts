import { FoldFault } from '@prooftrail/runtime'
import { generateKeyPair, signingKeyFromJwk } from '@prooftrail/trail'
import {
  type Checkpoint,
  leafHash,
  nodeHash,
  parseCheckpoint,
  rootAt,
  tilesForSize,
  verifyCheckpoint,
  verifyInclusion,
} from '@prooftrail/trail/log'
import { describe, expect, test } from 'vitest'
import { type Folder, type LedgerRecord, openFolder } from './fold.ts'
import { type MemoryLogStore, memoryLogStore } from './memory-store.fixtures.ts'
import { makeLogReader } from './read-log.ts'
import type { LogStore } from './store.ts'

const ORIGIN = 'log.example/test'
const { publicKey, privateKey } = generateKeyPair()
const key = signingKeyFromJwk(privateKey, { party: ORIGIN, roles: ['log'] })
const log = { origin: ORIGIN, key }

function record(offset: number, n = offset, revokedAt?: number): LedgerRecord {
  const data = Buffer.from(`entry ${n}`)
  const entry = {
    entry_id: `le_${n}`,
    work_order_id: `wo_${n}`,
    revision: 0,
    hash: leafHash(data),
    data,
  }
  return { offset, entry: { ...entry, revokedAt } }
}

function records(from: number, to: number): LedgerRecord[] {
  return Array.from({ length: to - from }, (_, i) => record(from + i))
}

/** The root of entries 0 to size by the definition. */
function expectedRoot(size: number): Uint8Array {
  const hashes = records(0, size).map(({ entry }) => entry?.hash ?? new Uint8Array())
  const get = (level: number, index: number): Uint8Array =>
    level === 0
      ? (hashes[index] ?? new Uint8Array())
      : nodeHash(get(level - 1, index * 2), get(level - 1, index * 2 + 1))
  return rootAt(size, get)
}

async function checkpointOf(store: LogStore): Promise<Checkpoint> {
  const head = await store.head()
  return verifyCheckpoint(head?.note ?? '', ORIGIN, publicKey)
}

/** A store that dies once before the step of this number. */
function dying(inner: MemoryLogStore, step: number): LogStore {
  let steps = 0
  const guard = <A extends unknown[], R>(act: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      steps += 1
      if (steps === step) throw new Error('died')
      return act(...args)
    }
  }
  return {
    ...inner,
    known: guard(inner.known),
    addLeaves: guard(inner.addLeaves),
    addTiles: guard(inner.addTiles),
    move: guard(inner.move),
  }
}

describe('given the ledger topic', () => {
  test('when it is folded in batches of any size, then the checkpoint is the tree of its entries', async () => {
    for (const step of [1, 7, 255, 256, 257, 700]) {
      const store = memoryLogStore()
      const folder = await openFolder(store, log)
      for (let at = 0; at < 700; at += step)
        await folder.fold(records(at, Math.min(at + step, 700)))
      const { size, root } = await checkpointOf(store)
      expect(size).toBe(700)
      expect(Buffer.from(root)).toEqual(Buffer.from(expectedRoot(700)))
    }
  })

  test('when another process folded what lies between two batches of this one, then it goes on from there', async () => {
    const store = memoryLogStore()
    const one = await openFolder(store, log)
    await one.fold(records(0, 3))
    const other = await openFolder(store, log)
    await other.fold(records(3, 9))
    const folded = await one.fold(records(9, 11))
    expect(folded?.leaves.map(({ entry_id, index }) => [entry_id, index])).toEqual([
      ['le_9', 9],
      ['le_10', 10],
    ])
    expect((await checkpointOf(store)).root).toEqual(expectedRoot(11))
  })

  test('when messages come twice, then index is the number of distinct entries before', async () => {
    const store = memoryLogStore()
    const folder = await openFolder(store, log)
    await folder.fold([record(0), record(1), record(2, 0), record(3, 3)])
    const again = await folder.fold([record(4, 1), record(5, 5), record(6, 5)])
    expect(again?.leaves.map(({ entry_id, index }) => [entry_id, index])).toEqual([['le_5', 3]])
    expect(again?.head).toMatchObject({ size: 4, next_offset: 7 })
    expect(await folder.fold([record(1), record(2, 0)])).toMatchObject({ leaves: [] })
  })

  test('when a message is no entry of attestation, then it has no index and the offset moves on', async () => {
    const store = memoryLogStore()
    const folder = await openFolder(store, log)
    const folded = await folder.fold([record(0), { offset: 1, entry: undefined }, record(2)])
    expect(folded?.foreign).toEqual([1])
    expect(folded?.head).toMatchObject({ size: 2, next_offset: 3 })
  })

  test('when the signer was revoked at a log size, then only entries below it count', async () => {
    const folder = await openFolder(memoryLogStore(), log)
    const folded = await folder.fold([record(0, 0, 2), record(1, 1, 2), record(2, 2, 2), record(3)])
    expect(folded?.leaves.map(({ entry_id }) => entry_id)).toEqual(['le_0', 'le_1', 'le_3'])
  })
})

describe('given a process that dies', () => {
  test('when it dies before any step of a batch, then the next one makes the same log', async () => {
    const whole = memoryLogStore()
    const folder = await openFolder(whole, log)
    await folder.fold(records(0, 600))
    for (let step = 1; step <= 8; step += 1) {
      const inner = memoryLogStore()
      const first = await openFolder(dying(inner, step), log)
      try {
        await first.fold(records(0, 300))
        await first.fold(records(300, 600))
      } catch {
        // the next process starts where the checkpoint stands
      }
      const second = await openFolder(inner, log)
      await second.fold(records(0, 600))
      expect(await inner.head()).toEqual(await whole.head())
      expect(inner.stored).toEqual(whole.stored)
      expect(inner.storedTiles).toEqual(whole.storedTiles)
    }
  })

  test('when a batch failed and is folded again by the same process, then the log is the same', async () => {
    const whole = memoryLogStore()
    const untroubled = await openFolder(whole, log)
    await untroubled.fold(records(0, 600))
    for (let step = 1; step <= 3; step += 1) {
      const inner = memoryLogStore()
      const folder = await openFolder(dying(inner, step), log)
      await expect(folder.fold(records(0, 300))).rejects.toThrow('died')
      await folder.fold(records(0, 300))
      await folder.fold(records(300, 600))
      expect(await inner.head()).toEqual(await whole.head())
      expect(inner.storedTiles).toEqual(whole.storedTiles)
    }
  })

  test('when another one moved the checkpoint, then this one reads it again and goes on', async () => {
    const store = memoryLogStore()
    const [one, other] = [await openFolder(store, log), await openFolder(store, log)]
    await one.fold(records(0, 10))
    expect(await other.fold(records(0, 5))).toBeUndefined()
    const folded = await other.fold(records(0, 12))
    expect(folded?.leaves.map(({ index }) => index)).toEqual([10, 11])
  })

  test('when a stored leaf is not what the topic says, then the log stops', async () => {
    const store = memoryLogStore()
    const foreign = record(0, 9).entry
    if (foreign) await store.addLeaves([{ ...foreign, index: 0 }])
    const folder = await openFolder(store, log)
    await expect(folder.fold(records(0, 3))).rejects.toThrow(FoldFault)
    expect(await store.head()).toBeUndefined()
  })
})

describe('given a log of 70,000 leaves', () => {
  test('when it is read, then proofs, tiles and a reopened edge agree with the root', async () => {
    const store = memoryLogStore()
    let folder: Folder = await openFolder(store, log)
    for (let at = 0; at < 70_000; at += 5_000) {
      if (at === 65_000) folder = await openFolder(store, log)
      await folder.fold(records(at, at + 5_000))
    }
    const reader = makeLogReader(store, log)
    const head = await reader.head()
    const { size, root } = parseCheckpoint(head.note)
    for (const index of [0, 255, 256, 65_535, 65_536, 69_999]) {
      const hash = leafHash(Buffer.from(`entry ${index}`))
      const proof = await reader.prove(index, head)
      expect(verifyInclusion(hash, index, size, proof, root)).toBe(true)
    }
    for (const tile of tilesForSize(size).filter(({ level }) => level !== 'entries')) {
      expect((await reader.tile(tile))?.length).toBe(tile.width * 32)
    }
    expect(await reader.tile({ level: 0, index: 273, width: 113 })).toBeUndefined()
    expect(await reader.tile({ level: 2, index: 0, width: 1 })).toHaveLength(32)
    expect(await reader.tile({ level: 2, index: 0, width: 2 })).toBeUndefined()
    const entries = await reader.tile({ level: 'entries', index: 1, width: 3 })
    expect(Buffer.from(entries ?? []).toString()).toBe('\0\tentry 256\0\tentry 257\0\tentry 258')
  }, 30_000)
})
