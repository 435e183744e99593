/** All that the page knows of one run, asked together. */
import { useQuery } from '@tanstack/react-query'
import {
  actsQuery,
  bundleQuery,
  eventsQuery,
  keysQuery,
  type Reader,
  reportQuery,
  resultQuery,
} from '../data/queries.ts'
import { useVerification } from '../verify/use-verification.ts'

/** @param bearer the handle of an agent's view; absent: the signed-in operator asks */
export function useRun(id: string, bearer?: Reader) {
  const report = useQuery(reportQuery(id, bearer))
  const workOrderId = report.data?.work_order_id
  const revision = report.data?.proof_envelope.revision
  const isSealed = revision !== undefined
  const events = useQuery(eventsQuery(id, bearer))
  // only what the report says is there is asked for
  const hasResult = report.data?.human_summary !== undefined
  const isBound = (report.data?.retry_state.execution.attempt ?? 0) > 0
  const result = useQuery({ ...resultQuery(id, bearer), enabled: hasResult })
  const acts = useQuery({ ...actsQuery(id), enabled: bearer === undefined && isBound })
  const bundle = useQuery({
    ...bundleQuery(workOrderId ?? '', revision ?? 0, bearer),
    enabled: isSealed && workOrderId !== undefined,
    staleTime: 60_000,
    // the proof before stays while the new one is fetched; never that of another run
    placeholderData: (before, query) => (query?.queryKey[1] === workOrderId ? before : undefined),
  })
  const keys = useQuery({ ...keysQuery, enabled: isSealed })
  const given = bundle.data != null && keys.data !== undefined
  const verification = useVerification(
    given ? { bundle: bundle.data ?? '', keys: keys.data ?? '' } : undefined,
  )
  return { report, events, result, acts, bundle, keys, verification }
}

export type RunData = ReturnType<typeof useRun>
