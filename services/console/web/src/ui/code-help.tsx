/** What a code means for whoever sees it: the same words as on the page of codes. */
import { useQuery } from '@tanstack/react-query'

/** All codes: loaded when the first one is to be told, not before. */
const CODES = {
  queryKey: ['code-table'],
  queryFn: () => import('@prooftrail/contracts/code-table').then(({ CODE_TABLE }) => CODE_TABLE),
  staleTime: Number.POSITIVE_INFINITY,
}

/** What helps where a door answered with this code; nothing for one that is no code of ours. */
export function CodeHelp({ code }: { code: string }) {
  const { data } = useQuery({ ...CODES, enabled: code.startsWith('PT-') })
  const known = data?.[code]
  return known ? <span className="help">{known.action}</span> : null
}

/** A code with its title and what helps. */
export function CodeTold({ code }: { code: string }) {
  const { data } = useQuery(CODES)
  const known = data?.[code]
  return (
    <>
      <code>{code}</code> {known && <strong>{known.title}.</strong>}{' '}
      {known && <span className="soft">{known.action}</span>}
    </>
  )
}
