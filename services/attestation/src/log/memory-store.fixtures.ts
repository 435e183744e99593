import type { Cosigned, FullTile, Leaf, LogHead, LogStore } from './store.ts'

/** A log store in memory that keeps the promises of the real one; for tests and tools. */
export interface MemoryLogStore extends LogStore {
  stored: ReadonlyMap<number, Leaf>
  storedTiles: ReadonlyMap<string, FullTile>
}

export function memoryLogStore(): MemoryLogStore {
  const stored = new Map<number, Leaf>()
  const indexes = new Map<string, number>()
  const storedTiles = new Map<string, FullTile>()
  let head: LogHead | undefined
  let cosigned: Cosigned | undefined

  function leaf(index: number): Leaf {
    const found = stored.get(index)
    if (found === undefined) throw new Error(`leaf ${index} is not stored`)
    return found
  }

  return {
    stored,
    storedTiles,
    head: async () => head,
    cosigned: async () => cosigned,
    async keepCosigned(to) {
      const { size = -1, count = 0, time = 0 } = cosigned ?? {}
      const isNewer = to.count > count || (to.count === count && to.time > time)
      if (to.size > size || (to.size === size && isNewer)) cosigned = to
    },
    async move(from, to) {
      if (head?.size !== from?.size || head?.next_offset !== from?.next_offset) return false
      head = to
      return true
    },
    async known(entryIds) {
      return new Map(
        entryIds.flatMap((id) => {
          const index = indexes.get(id)
          if (index === undefined) return []
          return [[id, { index, hash: Buffer.from(leaf(index).hash).toString('hex') }]]
        }),
      )
    },
    async addLeaves(leaves) {
      for (const one of leaves) {
        if (stored.has(one.index) || indexes.has(one.entry_id)) return { met: true }
        stored.set(one.index, one)
        indexes.set(one.entry_id, one.index)
      }
      return { met: false }
    },
    async addTiles(tiles) {
      for (const tile of tiles) storedTiles.set(`${tile.level}/${tile.index}`, tile)
    },
    async leafHashes(from, to) {
      const hashes = []
      for (let index = from; index < to; index += 1) hashes.push(leaf(index).hash)
      return Buffer.concat(hashes)
    },
    async leafData(from, to) {
      const data = []
      for (let index = from; index < to; index += 1) data.push(leaf(index).data)
      return data
    },
    tiles: async (ids) => ids.map(({ level, index }) => storedTiles.get(`${level}/${index}`)),
  }
}
