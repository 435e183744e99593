/** The public log, checked here: what it signs, how it grew since this browser saw it, any leaf in it. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { foundQuery } from '../data/log.ts'
import { Commands, Failed, Id, Loading, Mark, Section, Terms } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { count } from '../ui/words.ts'
import { ForkBanner } from './fork-banner.tsx'
import { KeysSection } from './keys-section.tsx'
import { LeafSection } from './leaf-section.tsx'
import { useLogMemory } from './memory.ts'
import { type LogLook, useLog } from './use-log.ts'
import { WitnessSection } from './witness-section.tsx'

const route = getRouteApi('/log')

export function LogPage() {
  const { leaf } = route.useSearch()
  const look = useLog(leaf)
  const { report, error, again } = look
  return (
    <main id="main">
      <h1>The log</h1>
      <p className="soft">
        Every seal is a leaf of a public log that only grows. What stands here was checked in this
        browser, from the log’s own files.
      </p>
      <ForkBanner />
      {error !== undefined && <Failed error={error} again={again} />}
      {report === undefined ? (
        error === undefined && <Loading what="the log" />
      ) : (
        <>
          <Size look={look} />
          <div className="columns">
            <div>
              <Checks look={look} />
              <KeysSection report={report} />
              <LeafSection leaf={leaf} report={report} />
            </div>
            <div>
              <Newest report={report} />
              <WitnessSection size={report.size} />
            </div>
          </div>
        </>
      )}
      <Commands
        lines={[
          ['its checkpoint by curl', `curl ${location.origin}/checkpoint`],
          [
            'that it only grew',
            `prooftrail log consistency OLD NEW --log ${location.origin} --keys keys.json`,
          ],
          ['follows it', `prooftrail log monitor ${location.origin} --keys keys.json`],
          [
            'derives it again from all trails',
            `prooftrail log fsck ${location.origin} --keys keys.json --documents`,
          ],
        ]}
      />
    </main>
  )
}

function Size({ look: { report, note } }: { look: LogLook }) {
  const last = (report?.size ?? 0) - 1
  const newest = useQuery({ ...foundQuery(String(last)), enabled: last >= 0 })
  const memory = useLogMemory()
  if (report === undefined) return null
  return (
    <>
      <ul className="counters">
        <li>
          <div>
            <strong>{report.size.toLocaleString('en')}</strong>
            <span>{report.size === 1 ? 'leaf' : 'leaves'}</span>
          </div>
        </li>
        <li>
          {newest.data ? (
            <Link
              to="/runs/$id"
              params={{ id: newest.data.work_order_id }}
              search={{ tab: 'proof' }}
            >
              <strong>
                <Time at={newest.data.changed_at} relative />
              </strong>
              <span>its newest leaf’s run changed last</span>
            </Link>
          ) : (
            <div>
              <strong>–</strong>
              <span>
                {last < 0 ? 'nothing was sealed yet' : 'whose its newest leaf is, is not known yet'}
              </span>
            </div>
          )}
        </li>
        <li>
          <div>
            <strong>{memory ? <Time at={memory.seen_at} relative /> : '–'}</strong>
            <span>this browser first saw this size</span>
          </div>
        </li>
      </ul>
      <Terms
        of={{
          Log: <code>{report.origin}</code>,
          Root: <Id value={report.root} whole />,
        }}
      />
      <details>
        <summary>The signed checkpoint</summary>
        <pre className="note">{note}</pre>
      </details>
    </>
  )
}

function Checks({ look: { report, before, tookMs } }: { look: LogLook }) {
  if (report === undefined) return null
  const { unsigned, tiles, growth } = report
  return (
    <Section
      title="Checked here"
      aside={<span className="soft">in {Math.round(tookMs ?? 0)} ms</span>}
    >
      <ol className="checks">
        <Check
          fault={unsigned}
          title="The checkpoint is signed by the log"
          says="by a key that counts now: which, and by whose word, stands below"
        />
        <Check
          fault={tiles}
          title="The tiles give the signed root"
          says="what everybody reads is what was signed"
        />
        {growth === undefined || before === undefined ? (
          <li>
            <Mark is="open" />
            <div>
              <p>
                <strong>It begins with what was seen before</strong>
              </p>
              <p className="soft">
                This browser sees the log for the first time, believes it, and remembers it: from
                now on it must only grow.
              </p>
            </div>
          </li>
        ) : (
          <Check
            fault={growth.type === 'grown' ? undefined : growth.detail}
            title="It begins with what was seen before"
            says={
              growth.type === 'grown' && growth.hashes > 0
                ? `${count(growth.from, 'leaf', 'leaves')}, proven by ${count(growth.hashes, 'hash', 'hashes')}`
                : `the same ${count(growth.from, 'leaf', 'leaves')}`
            }
          />
        )}
      </ol>
    </Section>
  )
}

function Check({ fault, title, says }: { fault: string | undefined; title: string; says: string }) {
  return (
    <li className={fault === undefined ? 'passed' : 'failed'}>
      <Mark is={fault === undefined ? 'passed' : 'failed'} />
      <div>
        <p>
          <strong>{title}</strong>
        </p>
        {fault === undefined ? (
          <p className="soft">{says}</p>
        ) : (
          <p className="problems" role="alert">
            {fault}
          </p>
        )}
      </div>
    </li>
  )
}

function Newest({ report: { newest } }: { report: NonNullable<LogLook['report']> }) {
  return (
    <Section title="Newest leaves">
      {newest.length === 0 ? (
        <p className="soft">Nothing was sealed yet.</p>
      ) : (
        <ol className="lines">
          {newest.map(({ index, leaf }) => (
            <li key={index} className="row">
              <Link to="/log" search={{ leaf: index }} resetScroll={false}>
                {index.toLocaleString('en')}
              </Link>
              <Id value={leaf} />
              <Link to="/runs" search={{ find: String(index) }} preload={false}>
                its run
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Section>
  )
}
