/** A list that comes page by page, whole: its rows, or what stands in their place. */
import type { ReactNode } from 'react'
import type { Keyset } from '../data/keyset.ts'
import { Failed, Loading } from './parts.tsx'
import { Table, type TableProps } from './table.tsx'

export function KeysetTable<R>({
  list,
  what,
  empty,
  ...table
}: Omit<TableProps<R>, 'rows' | 'more' | 'label'> & {
  list: Keyset<R>
  /** What is listed: `agents`. */
  what: string
  /** Stands where there is nothing. */
  empty: ReactNode
}) {
  const { rows, more, error, isPending, again } = list
  if (error && rows.length === 0) return <Failed error={error} again={again} />
  if (isPending) return <Loading what={what} />
  return (
    <>
      {error && <Failed error={error} again={again} />}
      {rows.length === 0 && !more ? (
        empty
      ) : (
        <Table
          {...table}
          label={what.charAt(0).toUpperCase() + what.slice(1)}
          rows={rows}
          more={more}
        />
      )}
    </>
  )
}
