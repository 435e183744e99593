/** The trail of acts: who asked for what, when, why, and what came of it; single or of a batch. */
import type { AnswerOf, ListedAct } from '@prooftrail/contracts/doors'
import { getRouteApi } from '@tanstack/react-router'
import { useKeyset } from '../data/keyset.ts'
import { KeysetTable } from '../ui/keyset-table.tsx'
import { Commands, Empty } from '../ui/parts.tsx'
import { ActsFilter } from './acts-filter.tsx'
import { COLUMNS, linkOf } from './columns.tsx'
import { flagsOf, listPath } from './search.ts'

const route = getRouteApi('/acts')
type Acts = AnswerOf<'GET /v1/acts'>
const rowsOf = ({ acts }: Acts): readonly ListedAct[] => acts
const REFRESH_MS = 5_000

export function ActsPage() {
  const search = route.useSearch()
  const list = useKeyset<Acts, ListedAct>(
    ['acts', search],
    (cursor) => listPath(search, cursor),
    rowsOf,
    REFRESH_MS,
  )
  return (
    <main id="main" className="full">
      <h1>Trail of acts</h1>
      <p className="soft">
        Everything that agents and operators asked for, and the answer. An act on a run is signed,
        and a link of its trail; what is listed here follows from those.
      </p>
      <ActsFilter search={search} />
      <KeysetTable
        list={list}
        what="acts"
        columns={COLUMNS}
        keyOf={({ key }) => key}
        linkOf={linkOf}
        empty={<Nothing isFiltered={Object.keys(search).length > 0} />}
      />
      <Commands
        lines={[
          ['this list', `prooftrail acts${flagsOf(search)}`],
          [
            'this list by curl',
            `curl -H "Authorization: Bearer $TOKEN" '${location.origin}${listPath(search)}'`,
          ],
        ]}
      />
    </main>
  )
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="No act is like that.">
      <p>Take a filter away to see more.</p>
    </Empty>
  ) : (
    <Empty title="Nobody has asked for anything yet.">
      <p>An act on a run, a batch, or a decision about a parked message is here a moment later.</p>
    </Empty>
  )
}
