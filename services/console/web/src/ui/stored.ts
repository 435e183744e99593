import { useSyncExternalStore } from 'react'

/** A value that this browser keeps, the same in every tab. */
export interface Stored<T> {
  /** @param value undefined forgets */
  set(value: T | undefined): void
  use(): T | undefined
}

/** @param read makes a value of what is stored; undefined: it is none */
export function storedIn<T>(name: string, read: (stored: unknown) => T | undefined): Stored<T> {
  const listeners = new Set<() => void>()
  const look = () => {
    try {
      return read(JSON.parse(localStorage.getItem(name) ?? 'null'))
    } catch {
      return undefined
    }
  }
  let kept = look()
  const now = (value: T | undefined) => {
    kept = value
    for (const tell of listeners) tell()
  }
  addEventListener('storage', ({ key }) => {
    if (key === name) now(look())
  })
  const subscribe = (tell: () => void) => {
    listeners.add(tell)
    return () => void listeners.delete(tell)
  }
  return {
    set(value) {
      try {
        if (value === undefined) localStorage.removeItem(name)
        else localStorage.setItem(name, JSON.stringify(value))
      } catch {
        // a browser that keeps nothing knows it as long as the page is open
      }
      now(value)
    },
    use: () => useSyncExternalStore(subscribe, () => kept),
  }
}
