/** Messages that a service could not decide: found, filtered, marked, sent again or given up. */
import type { ParkedAct, ParkedRow } from '@prooftrail/contracts/doors'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { ask } from '../data/api.ts'
import { useKeyset } from '../data/keyset.ts'
import { PARKED_REFRESH_MS, type ParkedList, parkedCountsQuery } from '../data/parked.ts'
import { KeysetTable } from '../ui/keyset-table.tsx'
import { Commands, Empty, Failed, Section } from '../ui/parts.tsx'
import { Since } from '../ui/time.tsx'
import { useMarks } from '../ui/use-marks.ts'
import { ActBar } from './act-bar.tsx'
import { ParkedActSheet } from './act-sheet.tsx'
import { COLUMNS } from './columns.tsx'
import { FilterBar } from './filter-bar.tsx'
import { flagsOf, listPath, type ParkedSearch, shortTopic } from './search.ts'

const route = getRouteApi('/parked')
const rowsOf = ({ entries }: ParkedList): readonly ParkedRow[] => entries

/** As many ids as one act takes. */
const MAX_IDS = 10_000

export function ParkedPage() {
  const search = route.useSearch()
  const list = useKeyset<ParkedList, ParkedRow>(
    ['parked', 'list', search],
    (cursor) => listPath(search, cursor),
    rowsOf,
    PARKED_REFRESH_MS,
  )
  const { rows } = list
  const marks = useMarks(useMemo(() => rows.map(({ parked_id }) => parked_id), [rows]))
  const [asked, setAsked] = useState<{ act: ParkedAct; ids: readonly string[] }>()
  const [error, setError] = useState<unknown>()
  const actOnAll = async (act: ParkedAct) => {
    setError(undefined)
    try {
      setAsked({ act, ids: await idsOf(search) })
    } catch (fault) {
      setError(fault)
    }
  }
  return (
    <main id="main" className="full">
      <h1>Parked messages</h1>
      <p className="soft">
        What a service could not decide is set aside as it came, with the reason. Mend the cause and
        send it again, or give it up. What stands behind it in its document waits.
      </p>
      <Counts search={search} />
      <FilterBar search={search} />
      <ActBar
        marks={marks}
        isEmpty={rows.length === 0}
        onMarked={(act) => setAsked({ act, ids: marks.keys })}
        onAll={(act) => void actOnAll(act)}
      />
      {error !== undefined && <Failed error={error} />}
      <KeysetTable
        list={list}
        what="parked messages"
        columns={COLUMNS}
        keyOf={({ parked_id }) => parked_id}
        linkOf={({ parked_id }) => ({ to: '/parked/$id', params: { id: parked_id } })}
        marks={marks}
        empty={<Nothing isFiltered={Object.keys(search).length > 0} />}
      />
      {asked && (
        <ParkedActSheet
          {...asked}
          onClose={() => {
            setAsked(undefined)
            marks.clear()
          }}
        />
      )}
      <Commands
        lines={[
          ['this list', `prooftrail parked${flagsOf(search)}`],
          [
            'this list by curl',
            `curl -H "Authorization: Bearer $TOKEN" '${location.origin}${listPath(search)}'`,
          ],
          ['sends all of it again', `prooftrail parked send --all${flagsOf(search)} --dry-run`],
        ]}
      />
    </main>
  )
}

/** All that a selection finds now, oldest first: what is acted on is what was counted. */
async function idsOf(search: ParkedSearch): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page: ParkedList = await ask(listPath(search, cursor, 500))
    ids.push(...page.entries.map(({ parked_id }) => parked_id))
    cursor = page.next_cursor
  } while (cursor !== undefined && ids.length < MAX_IDS)
  return ids.slice(0, MAX_IDS)
}

/** How many are open, by topic and reason: each leads to its list. */
function Counts({ search }: { search: ParkedSearch }) {
  const { data } = useQuery(parkedCountsQuery)
  if (!data || data.open.length === 0) return null
  return (
    <Section title="Open, by reason">
      <ul className="counters wide-ones">
        {data.open.slice(0, 12).map(({ topic, code, count, oldest }) => (
          <li
            key={`${topic} ${code}`}
            className={search.code === code && search.topic === topic ? 'chosen' : ''}
          >
            <Link to="/parked" search={{ topic, code }}>
              <strong>{count.toLocaleString('en')}</strong>
              <span>
                <code>{code}</code> on {shortTopic(topic)}
              </span>
              <span>
                oldest <Since at={oldest} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="No parked message is like that.">
      <p>
        <Link to="/parked">Show all open ones</Link>
      </p>
    </Empty>
  ) : (
    <Empty title="Nothing is parked: every message was decided." />
  )
}
