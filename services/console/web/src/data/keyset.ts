/** Lists that come page by page, as every door of a list answers: `next_cursor` where it goes on. */
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { ask } from './api.ts'

export interface Page {
  next_cursor?: string
}

/** A list as it was read so far. */
export interface Keyset<R> {
  rows: readonly R[]
  error: Error | null
  isPending: boolean
  /** Asks for all of it anew. */
  again: () => void
  /** There is more; undefined at the end. */
  more: { isLoading: boolean; load: () => void } | undefined
}

/** Fewer rows than fill a window: the next page is asked for at once, as a page may be short. */
const THIN = 20

/**
 * @param key name of the list in the cache; begins with the list's own name
 * @param path address of a page
 * @param rowsOf rows of an answer; the same function each time
 * @param refreshMs asked anew so often while one page is shown; absent: only when somebody asks
 */
export function useKeyset<A extends Page, R>(
  key: readonly unknown[],
  path: (cursor?: string) => string,
  rowsOf: (answer: A) => readonly R[],
  refreshMs?: number,
): Keyset<R> {
  const list = useInfiniteQuery<A, Error, InfiniteData<A>, readonly unknown[], string | undefined>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask<A>(path(pageParam), { signal }),
    initialPageParam: undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    // who reads further down is not moved
    refetchInterval: ({ state }) =>
      refreshMs !== undefined && (state.data?.pages.length ?? 0) < 2 ? refreshMs : false,
  })
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = list
  const rows = useMemo(() => (data?.pages ?? []).flatMap(rowsOf), [data, rowsOf])
  const isThin = rows.length < THIN
  useEffect(() => {
    if (isThin && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [isThin, hasNextPage, isFetchingNextPage, fetchNextPage])
  const load = () => void fetchNextPage()
  return {
    ...{ rows, error, isPending },
    again: () => void refetch(),
    more: hasNextPage ? { isLoading: isFetchingNextPage, load } : undefined,
  }
}

/** A path with what is asked behind it; members without a value are left out. */
export function pathWith(path: string, query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as [string, string]],
  )
  const search = new URLSearchParams(given)
  return search.size > 0 ? `${path}?${search}` : path
}
