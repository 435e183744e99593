/** Where a batch stands, what it would do, and how it goes on: the same in a dialog and on its page. */
import { useQuery } from '@tanstack/react-query'
import { batchQuery } from '../data/batches.ts'
import { Failed, Loading } from '../ui/parts.tsx'
import { BatchControls } from './batch-controls.tsx'
import { BatchProgress } from './batch-progress.tsx'
import { WouldCome } from './would-come.tsx'

export function BatchPanel({ id }: { id: string }) {
  const { data: batch, error, refetch } = useQuery(batchQuery(id))
  if (error && !batch) return <Failed error={error} again={() => void refetch()} />
  if (!batch) return <Loading what="the batch" />
  return (
    <>
      <BatchProgress batch={batch} />
      <BatchControls batch={batch} />
      {(batch.status === 'created' || batch.status === 'paused') && <WouldCome batch={batch} />}
    </>
  )
}
