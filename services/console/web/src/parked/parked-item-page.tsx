/** One parked message: what came, why nobody could decide it, and what can be done. */
import type { ParkedAct, ParkedView } from '@prooftrail/contracts/doors'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components'
import { parkedQuery } from '../data/parked.ts'
import { sessionQuery } from '../data/queries.ts'
import { Json } from '../ui/json.tsx'
import { OnePage } from '../ui/one-page.tsx'
import { Id, Section, State, Terms } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { count, sentence, short } from '../ui/words.ts'
import { ParkedActSheet } from './act-sheet.tsx'
import { TONES } from './columns.tsx'
import { shortTopic } from './search.ts'

const route = getRouteApi('/parked/$id')

export function ParkedItemPage() {
  const { id } = route.useParams()
  const of = useQuery(parkedQuery(id))
  return (
    <OnePage
      of={of}
      what="the message"
      list={['/parked', 'Parked messages']}
      title={of.data ? sentence(of.data.title) : 'Parked message'}
      about={(view) => (
        <p>
          <State name={view.state} tone={TONES[view.state]} /> <code>{view.code}</code>{' '}
          <Id value={view.parked_id} whole />
        </p>
      )}
      commands={[
        ['this message', `prooftrail parked show ${id}`],
        ['by curl', `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/parked/${id}`],
      ]}
    >
      {(view) => (
        <div className="columns">
          <div>
            <Section title="Why">
              <p className="words">{view.detail}</p>
              <p>
                <strong>What to do:</strong> {view.what_to_do}
              </p>
            </Section>
            <Message view={view} />
          </div>
          <div>
            <Acts view={view} />
            <Origin view={view} />
            <Decided view={view} />
          </div>
        </div>
      )}
    </OnePage>
  )
}

function Message({ view: { message, topic, parked_id } }: { view: ParkedView }) {
  const headers = Object.entries(message.headers)
  return (
    <Section title="What came" aside={<span className="soft">{count(message.bytes, 'byte')}</span>}>
      {message.unreadable === undefined ? (
        <Json value={message.value ?? null} name={parked_id} />
      ) : (
        <div className="empty">
          <p>
            <strong>It cannot be read as a message of {shortTopic(topic)}.</strong>
          </p>
          <p>{message.unreadable}</p>
          {message.begins !== undefined && (
            <>
              <p className="soft">It begins with (base64):</p>
              <code>{message.begins}</code>
            </>
          )}
        </div>
      )}
      <Terms of={{ Key: message.key && <Id value={message.key} whole /> }} />
      {headers.length > 0 && (
        <details>
          <summary>{count(headers.length, 'header')}</summary>
          <Terms
            of={Object.fromEntries(
              headers.map(([name, text]) => [name, <code key={name}>{text}</code>]),
            )}
          />
        </details>
      )}
    </Section>
  )
}

const ACT_WORDS: Readonly<Record<ParkedAct, readonly [label: string, does: string]>> = {
  send: ['Send again', 'To its topic, as it was: when the cause is mended.'],
  discard: ['Discard', 'Gives it up, for a reason that is kept.'],
}

function Acts({ view }: { view: ParkedView }) {
  const { data: session } = useQuery(sessionQuery)
  const [asked, setAsked] = useState<ParkedAct>()
  const isViewer = session?.role === 'viewer'
  const { earlier } = view
  return (
    <Section title="What can be done">
      <ul className="acts">
        {view.acts.map(({ act, allowed, code, detail }) => {
          const [label, does] = ACT_WORDS[act]
          const why = isViewer
            ? 'A viewer reads; deciding wants the role operator.'
            : allowed
              ? undefined
              : sentence(detail ?? '')
          return (
            <li key={act} className={why === undefined ? '' : 'not'}>
              <Button
                className="button"
                isDisabled={why !== undefined}
                onPress={() => setAsked(act)}
              >
                {label}
              </Button>
              <p className="soft">
                {why ?? does} {!allowed && code !== undefined && <code>{code}</code>}
              </p>
            </li>
          )
        })}
      </ul>
      {earlier.length > 0 && (
        <>
          <p className="what">
            {count(earlier.length, 'message')} of the same document came before it and must be
            decided first:
          </p>
          <ul className="lines">
            {earlier.slice(0, 10).map((id) => (
              <li key={id}>
                <Link to="/parked/$id" params={{ id }}>
                  <code>{short(id)}</code>
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
      {asked && (
        <ParkedActSheet act={asked} ids={[view.parked_id]} onClose={() => setAsked(undefined)} />
      )}
    </Section>
  )
}

function Origin({ view }: { view: ParkedView }) {
  const { agent, tool, document: about, claimed, code, topic } = view
  return (
    <Section title="Where it comes from">
      <Terms
        of={{
          Topic: (
            <Link to="/parked" search={{ topic }}>
              {shortTopic(topic)}
            </Link>
          ),
          Place:
            view.partition < 0 ? undefined : `partition ${view.partition}, offset ${view.offset}`,
          'Set aside by': (
            <Link to="/parked" search={{ service: view.service }}>
              {view.service}
            </Link>
          ),
          Agent: agent && (
            <Link to="/agents/$id" params={{ id: agent }}>
              {agent}
            </Link>
          ),
          Tool: tool && (
            <Link to="/tools/$tool" params={{ tool }}>
              {tool}
            </Link>
          ),
          Document: about && documentLink(about, claimed === true),
          'First parked': <Time at={view.since} />,
          'Last parked': <Time at={view.last_parked} />,
          'Parked, sent': `${count(view.times, 'time')} parked, ${count(view.sends, 'time')} sent again`,
          'Holds up': view.blocks ? 'what came after it in its document' : 'nothing',
          Others: (
            <Link to="/parked" search={{ code }}>
              all that are open for this reason
            </Link>
          ),
        }}
      />
    </Section>
  )
}

function documentLink(id: string, isClaimed: boolean): ReactNode {
  if (isClaimed) return `${id}, as a stranger says`
  if (!id.startsWith('wo_')) return id
  return (
    <Link to="/runs/$id" params={{ id }}>
      the run {short(id)}
    </Link>
  )
}

function Decided({ view: { decided } }: { view: ParkedView }) {
  if (decided.length === 0) return null
  return (
    <Section title="What was decided">
      <ol className="lines">
        {decided.map(({ act, by, at, reason }) => (
          <li key={`${at} ${act}`}>
            {act === 'send' ? 'Sent again' : 'Discarded'} by {by}, <Time at={at} />
            {reason !== undefined && <p className="soft">{reason}</p>}
          </li>
        ))}
      </ol>
    </Section>
  )
}
