/**
 * A long list as a table: only what is seen is drawn, each row is a link, the keyboard walks it
 * (J, K, Enter), a click anywhere in it opens it, and screen readers are told how many rows there are.
 */
import { Link, type LinkProps } from '@tanstack/react-router'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { openRow, useRowKeys } from './row-keys.ts'
import { count } from './words.ts'

export interface TableColumn<R> {
  id: string
  label: string
  /** A track of a CSS grid. */
  width: string
  isNumber?: boolean
  cell: (row: R) => ReactNode
}

export interface TableProps<R> {
  label: string
  columns: readonly TableColumn<R>[]
  rows: readonly R[]
  keyOf: (row: R) => string
  /** Where a row leads; undefined: nowhere. */
  linkOf: (row: R) => Pick<LinkProps, 'to' | 'params' | 'search'> | undefined
  /** There are more rows; asked for when the end comes near. */
  more?: { isLoading: boolean; load: () => void } | undefined
  /** Rows can be marked, for acts on many. */
  marks?:
    | { has: (key: string) => boolean; toggle: (key: string, range: boolean) => void }
    | undefined
}

const ROW_PX = 38
const AHEAD = 20

export function Table<R>({ label, columns, rows, keyOf, linkOf, more, marks }: TableProps<R>) {
  const body = useRef<HTMLTableSectionElement>(null)
  const [top, setTop] = useState(0)
  useEffect(() => setTop(body.current?.offsetTop ?? 0), [])
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: top,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (more && !more.isLoading && last >= rows.length - AHEAD) more.load()
  }, [more, last, rows.length])
  const mark = (at: number, range: boolean) => {
    const row = rows[at]
    if (row !== undefined) marks?.toggle(keyOf(row), range)
  }
  const go = useRowKeys({
    length: rows.length,
    reveal: (at) => virtual.scrollToIndex(at),
    mark,
    body,
  })
  const tracks = `${marks ? '2rem ' : ''}${columns.map(({ width }) => width).join(' ')}`
  const setTracks = useCallback(
    // by the object model: the page's policy takes no style in markup
    (element: HTMLElement | null) => element?.style.setProperty('--tracks', tracks),
    [tracks],
  )
  return (
    <div className="table-wide">
      <table
        ref={setTracks}
        className="table"
        aria-label={label}
        aria-rowcount={more ? -1 : rows.length + 1}
        aria-colcount={columns.length}
      >
        <thead>
          <tr className="tr head" aria-rowindex={1}>
            {marks && (
              <th scope="col">
                <span className="spoken">Marked</span>
              </th>
            )}
            {columns.map(({ id, label: name, isNumber }) => (
              <th key={id} scope="col" className={isNumber ? 'number' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody
          ref={body}
          style={{ height: virtual.getTotalSize() }}
          onKeyDown={go}
          onClick={openRow}
        >
          {items.map(({ index, start }) => {
            const row = rows[index]
            if (row === undefined) return null
            const key = keyOf(row)
            return (
              <tr
                key={key}
                className={marks?.has(key) ? 'tr marked' : 'tr'}
                aria-rowindex={index + 2}
                style={{ transform: `translateY(${start - top}px)` }}
              >
                {marks && (
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`Mark ${key}`}
                      checked={marks.has(key)}
                      onChange={(event) => marks.toggle(key, isWithShift(event.nativeEvent))}
                    />
                  </td>
                )}
                {columns.map(({ id, cell, isNumber }, at) => (
                  <td key={id} className={isNumber ? 'number' : ''}>
                    {at === 0 ? (
                      <RowName link={linkOf(row)} index={index}>
                        {cell(row)}
                      </RowName>
                    ) : (
                      cell(row)
                    )}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
      <p className="soft" role="status">
        {more ? `${rows.length.toLocaleString('en')} shown, more below` : count(rows.length, 'row')}
      </p>
    </div>
  )
}

/** The first cell: what the keyboard walks, and what leads on. */
function RowName({
  link,
  index,
  children,
}: {
  link: ReturnType<TableProps<unknown>['linkOf']>
  index: number
  children: ReactNode
}) {
  if (link === undefined) {
    return (
      <span tabIndex={-1} data-row={index}>
        {children}
      </span>
    )
  }
  return (
    <Link {...link} data-row={index} preload={false}>
      {children}
    </Link>
  )
}

function isWithShift(event: Event): boolean {
  return event instanceof MouseEvent && event.shiftKey
}
