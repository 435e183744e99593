/** One tool: its versions and what they ask, its keys, its executors. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { executorsQuery, type Tool, toolPageQuery } from '../data/tools.ts'
import { Json } from '../ui/json.tsx'
import { KeysList } from '../ui/keys-list.tsx'
import { OnePage } from '../ui/one-page.tsx'
import { Empty, Failed, Id, Section, State, Terms } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { count, sentence, short } from '../ui/words.ts'
import { ToolState } from './tools-page.tsx'

const route = getRouteApi('/tools/$tool')

export function ToolPage() {
  const { tool: name } = route.useParams()
  return (
    <OnePage
      of={useQuery(toolPageQuery(name))}
      what="the tool"
      list={['/tools', 'Tools']}
      title={name}
      about={(tool) => (
        <p>
          <ToolState tool={tool} />{' '}
          {tool.current !== undefined && <>new orders take version {tool.current}</>}
          {tool.retired_at !== undefined && (
            <>
              takes no new orders since <Time at={tool.retired_at} />
            </>
          )}
        </p>
      )}
      commands={[
        ['this tool', `prooftrail tools show ${name}`],
        ['by curl', `curl ${location.origin}/v1/tools/${name}`],
        [
          'its executors by curl',
          `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/executors/${name}`,
        ],
      ]}
    >
      {(tool) => (
        <div className="columns">
          <div>
            <Versions tool={tool} />
          </div>
          <div>
            <AtWork tool={name} />
            <Section title="Keys">
              <KeysList keys={tool.keys} />
            </Section>
            <Everything tool={name} />
          </div>
        </div>
      )}
    </OnePage>
  )
}

function Everything({ tool }: { tool: string }) {
  return (
    <Section title="Everything of it">
      <ul className="lines">
        <li>
          <Link to="/runs" search={{ tool }}>
            All runs
          </Link>
        </li>
        <li>
          <Link to="/runs" search={{ tool, result: 'partial' }}>
            Partial results
          </Link>
        </li>
        <li>
          <Link to="/runs" search={{ tool, result: 'failed' }}>
            Failed results
          </Link>
        </li>
        <li>
          <Link to="/parked" search={{ tool }}>
            Parked messages
          </Link>
        </li>
      </ul>
    </Section>
  )
}

function AtWork({ tool }: { tool: string }) {
  const { data, error } = useQuery(executorsQuery(tool))
  return (
    <Section title="Executors">
      {error && !data && <Failed error={error} />}
      <ul className="counters">
        <li>
          <Link to="/runs" search={{ tool, state: 'queued' }}>
            <strong>{data?.queued.toLocaleString('en') ?? '…'}</strong>
            <span>commanded, not begun</span>
          </Link>
        </li>
        <li>
          <Link to="/runs" search={{ tool, state: 'operating' }}>
            <strong>{data?.operating.toLocaleString('en') ?? '…'}</strong>
            <span>at work</span>
          </Link>
        </li>
      </ul>
      <h3>Heard last</h3>
      {data?.heard.length === 0 ? (
        <Empty title="No executor of it was heard yet.">
          <p>Nothing was commanded, or nobody runs it.</p>
        </Empty>
      ) : (
        <ul className="lines">
          {data?.heard.map(({ work_order_id, attempt, at, state, percent, key_id }) => (
            <li key={work_order_id}>
              <Time at={at} relative /> <State name={state} tone="busy" />
              {percent !== undefined && ` ${percent} %`} of{' '}
              <Link to="/runs/$id" params={{ id: work_order_id }}>
                {short(work_order_id)}
              </Link>
              , attempt {attempt}
              {key_id !== undefined && (
                <span className="soft">
                  {' '}
                  by key <Id value={key_id} />
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function Versions({ tool }: { tool: Tool }) {
  const newestFirst = [...tool.versions].reverse()
  return (
    <Section title="Versions" aside={<span className="soft">{tool.versions.length}</span>}>
      <ol className="cards">
        {newestFirst.map((one) => (
          <li key={one.version}>
            <Version {...one} isCurrent={one.version === tool.current} tool={tool.tool} />
          </li>
        ))}
      </ol>
    </Section>
  )
}

/** What a manifest says that people ask for; the whole stands below it. */
interface Manifest {
  title?: string
  description?: string
  capabilities?: readonly string[]
  price?: { credits?: number }
  limits?: Readonly<Record<string, number>>
  evidence?: Readonly<Record<string, { description?: string; required?: boolean }>>
}

function Version({
  version,
  manifest,
  checked,
  forced,
  isCurrent,
  tool,
}: Tool['versions'][number] & { isCurrent: boolean; tool: string }) {
  // intake took it: it is of the manifest's schema
  const {
    description,
    capabilities,
    price,
    limits = {},
    evidence = {},
  } = Object(manifest) as Manifest
  const classes = Object.entries(evidence)
  return (
    <>
      <p>
        <strong>{version}</strong> {isCurrent && <State name="current" tone="good" />}{' '}
        {forced ? (
          <State name="forced" tone="fair" />
        ) : checked ? (
          <State name="checked" tone="good" />
        ) : (
          <State name="not_checked" tone="calm" />
        )}
      </p>
      {description !== undefined && <p>{description}</p>}
      <Terms
        of={{
          Capabilities: capabilities?.join(', ').replaceAll('_', ' '),
          Price: price?.credits === undefined ? undefined : count(price.credits, 'credit'),
          Limits: Object.entries(limits)
            .map(([name, n]) => `${name.replaceAll('_', ' ')} ${n}`)
            .join(', '),
        }}
      />
      {classes.length > 0 && (
        <details>
          <summary>{count(classes.length, 'class', 'classes')} of evidence</summary>
          <ul className="lines">
            {classes.map(([name, { description: what, required }]) => (
              <li key={name}>
                <strong>{sentence(name)}</strong>
                {required && ', required'}
                <p className="soft">{what}</p>
              </li>
            ))}
          </ul>
        </details>
      )}
      <details>
        <summary>The manifest</summary>
        <Json value={manifest ?? null} name={`${tool}-${version}`} />
      </details>
    </>
  )
}
