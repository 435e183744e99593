/** How rows of a table are walked and opened. */
import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
} from 'react'
import { isTyping } from '../shell/keys.tsx'

/** A click in a row is one on its link, unless it marks text or is meant for something in the row. */
export function openRow({ target, nativeEvent }: MouseEvent): void {
  if (!(target instanceof Element) || getSelection()?.isCollapsed === false) return
  if (target.closest('a, button, td:has(input)')) return
  const link = target.closest('tr')?.querySelector('a[data-row]')
  link?.dispatchEvent(new globalThis.MouseEvent('click', nativeEvent))
}

interface RowKeys {
  length: number
  reveal: (at: number) => void
  mark: (at: number, range: boolean) => void
  body: RefObject<HTMLTableSectionElement | null>
}

/** J and K walk the rows from anywhere on the page, X marks; arrows walk within the list. */
export function useRowKeys({
  length,
  reveal,
  mark,
  body,
}: RowKeys): (event: KeyboardEvent) => void {
  const marking = useRef(mark)
  marking.current = mark
  const walk = useCallback(
    (by: number) => {
      const at = rowInFocus()
      const next = Number.isNaN(at) ? 0 : Math.min(length - 1, Math.max(0, at + by))
      const focus = () => {
        const link = body.current?.querySelector(`[data-row="${next}"]`)
        if (!(link instanceof HTMLElement)) return false
        link.focus({ preventScroll: true })
        return true
      }
      reveal(next)
      // what is drawn has the keyboard at once, for a quick Enter; another row is drawn in the next frame
      if (!focus()) requestAnimationFrame(() => requestAnimationFrame(focus))
    },
    [length, reveal, body],
  )
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (event.key === 'j') walk(1)
      else if (event.key === 'k') walk(-1)
      else if (event.key.toLowerCase() === 'x') marking.current(rowInFocus(), event.shiftKey)
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [walk])
  return (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (by === undefined || isTyping(event.target)) return
    event.preventDefault()
    walk(by)
  }
}

/** Of the row whose first cell has the keyboard; NaN: none. */
function rowInFocus(): number {
  return Number(document.activeElement?.getAttribute('data-row') ?? Number.NaN)
}
