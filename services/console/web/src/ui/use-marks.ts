/** Which rows of a list are marked, for acts on many. */
import { useCallback, useMemo, useRef, useState } from 'react'

export interface Marks {
  /** In the order of the list. */
  keys: readonly string[]
  has: (key: string) => boolean
  /** @param range all between the row that was marked last and this one as well */
  toggle: (key: string, range: boolean) => void
  clear: () => void
}

/** @param listed the keys of all rows that are read, in their order; what leaves the list is marked no more */
export function useMarks(listed: readonly string[]): Marks {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set())
  const last = useRef<string | undefined>(undefined)
  const toggle = useCallback(
    (key: string, range: boolean) => {
      const from = range && last.current !== undefined ? listed.indexOf(last.current) : -1
      const to = listed.indexOf(key)
      last.current = key
      setMarked((before) => {
        const next = new Set(before)
        const isOn = !before.has(key)
        const keys =
          from < 0 || to < 0 ? [key] : listed.slice(Math.min(from, to), Math.max(from, to) + 1)
        for (const one of keys) {
          if (isOn) next.add(one)
          else next.delete(one)
        }
        return next
      })
    },
    [listed],
  )
  const keys = useMemo(() => listed.filter((key) => marked.has(key)), [listed, marked])
  const clear = useCallback(() => setMarked(new Set()), [])
  return { keys, has: (key) => marked.has(key), toggle, clear }
}
