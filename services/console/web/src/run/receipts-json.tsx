/** The two receipts as they were issued: two records, for whoever settles. */
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { partQuery } from '../data/queries.ts'
import { Json } from '../ui/json.tsx'
import { Failed, Loading } from '../ui/parts.tsx'

type Receipts = AnswerOf<'GET /v1/tasks/:token/receipts'>

/** @param id of the work order, or the handle that opens it */
export function ReceiptsJson({ id, bearer }: { id: string; bearer: string | undefined }) {
  const [isOpen, setOpen] = useState(false)
  const { data, error } = useQuery({
    ...partQuery<Receipts>(id, '/receipts', bearer),
    enabled: isOpen,
  })
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The receipts as JSON</summary>
      {error && <Failed error={error} />}
      {isOpen && data === undefined && !error && <Loading what="the receipts" />}
      {data === null && <p className="soft">There is none yet.</p>}
      {data && (
        <>
          {data.usage_receipt && <Json value={data.usage_receipt} name="usage-receipt" />}
          {data.settlement_receipt && (
            <Json value={data.settlement_receipt} name="settlement-receipt" />
          )}
        </>
      )}
    </details>
  )
}
