import type { Shelf } from './shelf.ts'
import type { ViewStore } from './store.ts'

/** Shelves in memory. */
export function memoryViews(): ViewStore & { shelves: Map<string, Shelf> } {
  const shelves = new Map<string, Shelf>()
  const read = async (shelf: string) => shelves.get(shelf) ?? { version: 0, views: [] }
  return {
    shelves,
    read,
    replace: async (shelf, version, views) => {
      if ((await read(shelf)).version !== version) return false
      shelves.set(shelf, { version: version + 1, views })
      return true
    },
  }
}
