/** Lets a number of runs through at a time, in the order they came. */
export interface ConcurrencyLimit {
  /** Resolves with the way out, to be called once; undefined when aborted while waiting. */
  enter(signal: AbortSignal): Promise<(() => void) | undefined>
}

/** @param places how many may be inside at once */
export function makeConcurrencyLimit(places: number): ConcurrencyLimit {
  const queue = new Set<() => void>()
  let free = places

  function leave(): void {
    const [next] = queue
    if (next === undefined) {
      free += 1
      return
    }
    queue.delete(next)
    next()
  }

  return {
    enter(signal) {
      if (signal.aborted) return Promise.resolve(undefined)
      if (free > 0) {
        free -= 1
        return Promise.resolve(leave)
      }
      return new Promise((resolve) => {
        const giveUp = () => {
          queue.delete(admit)
          resolve(undefined)
        }
        const admit = () => {
          signal.removeEventListener('abort', giveUp)
          resolve(leave)
        }
        queue.add(admit)
        signal.addEventListener('abort', giveUp, { once: true })
      })
    },
  }
}
