/** The log as it is now, examined in a Worker of this browser against what it saw before. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { checkpointQuery } from '../data/log.ts'
import { keysQuery } from '../data/queries.ts'
import { scriptUrl } from '../verify/script-url.ts'
import type { LogReport, LogRequest } from './examine.ts'
import type { LogAnswer } from './log-worker.ts'
import workerUrl from './log-worker.ts?worker&url'
import { type LogMemory, remember, useLogMemory } from './memory.ts'
import { nextMemory } from './next-memory.ts'
import { useTrustedKeys } from './trusted-keys.ts'

export interface LogLook {
  note?: string
  report?: LogReport
  tookMs?: number
  /** The checkpoint that this was compared with. */
  before?: LogMemory
  error?: unknown
  again: () => void
}

export function useLog(leaf: number | undefined): LogLook {
  const client = useQueryClient()
  const note = useQuery(checkpointQuery)
  const keys = useQuery(keysQuery)
  const memory = useLogMemory()
  const trusted = useTrustedKeys()
  const [found, setFound] = useState<Omit<LogLook, 'again'>>({})
  const again = () => void client.invalidateQueries({ queryKey: ['log'] })
  // what is remembered changes with the answer; a look is made for a new checkpoint or leaf alone
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the memory only whether it was taken away
  useEffect(() => {
    if (note.data === undefined || keys.data === undefined) return
    const [shown, before] = [note.data, memory]
    const worker = new Worker(scriptUrl(workerUrl), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<LogAnswer>) => {
      worker.terminate()
      if ('fault' in data) return setFound({ error: new Error(data.fault) })
      const { report, tookMs } = data
      setFound({ note: shown, report, tookMs, ...(before && { before }) })
      const now = new Date().toISOString()
      const next = nextMemory(before, { note: shown, report, now })
      if (next !== before) remember(next)
    })
    worker.addEventListener('error', ({ message }) => setFound({ error: new Error(message) }))
    const request: LogRequest = {
      ...{ note: shown, now: Date.now() },
      keys: trusted && 'list' in trusted ? trusted.list : keys.data,
      ...(trusted && 'ids' in trusted ? { only: trusted.ids } : {}),
      ...(before ? { before: before.note } : {}),
      ...(leaf === undefined ? {} : { leaf }),
    }
    worker.postMessage(request)
    return () => worker.terminate()
  }, [note.data, keys.data, trusted, leaf, memory === undefined])
  const error = note.error ?? keys.error ?? found.error
  return { ...found, ...(error ? { error } : {}), again }
}
