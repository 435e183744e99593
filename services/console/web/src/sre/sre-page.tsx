/** The deployment as those see it who keep it running: the panels of the dashboards, without a Prometheus. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { dashboardQuery, deploymentQuery } from '../data/sre.ts'
import { Commands, Empty, Failed, Loading, Section } from '../ui/parts.tsx'
import { Panel } from './panel.tsx'
import { RANGES, USUAL } from './search.ts'
import './sre.css'
import { Targets } from './targets.tsx'

const route = getRouteApi('/sre')

export function SrePage() {
  const { dashboard = USUAL.dashboard, range = USUAL.range } = route.useSearch()
  const deployment = useQuery(deploymentQuery)
  const drawn = useQuery(dashboardQuery(dashboard, range))
  const { targets = [], dashboards = [], every_seconds, window_seconds } = deployment.data ?? {}
  const silent = targets.filter(({ up }) => !up).map(({ service }) => service)
  return (
    <main id="main" className="full">
      <h1>Deployment</h1>
      {deployment.error && (
        <Failed error={deployment.error} again={() => void deployment.refetch()} />
      )}
      {deployment.data && targets.length === 0 && (
        <Empty title="No service is named.">
          <p>
            The console reads metrics of the services that its setting <code>METRICS_OF</code>{' '}
            names.
          </p>
        </Empty>
      )}
      <Targets of={targets} />
      <Choices dashboards={dashboards} dashboard={dashboard} range={range} />
      {drawn.error && <Failed error={drawn.error} again={() => void drawn.refetch()} />}
      {drawn.isPending && <Loading what="the panels" />}
      {drawn.data && (
        <>
          <p className="soft">
            {drawn.data.description} Read every {every_seconds} s; rates and quantiles are those of
            the last {window_seconds} s before each moment.
          </p>
          {drawn.data.rows.map(({ title, panels }) => (
            <Section key={title} title={title}>
              <div className="panels">
                {panels.map((panel) => (
                  <Panel
                    key={`${drawn.data.uid} ${panel.id}`}
                    panel={panel}
                    times={drawn.data.times}
                    silent={silent}
                  />
                ))}
              </div>
            </Section>
          ))}
        </>
      )}
      <Commands
        lines={[
          [
            'these panels by curl',
            `curl -H "Authorization: Bearer $TOKEN" '${location.origin}/v1/sre/${dashboard}?range=${range}'`,
          ],
          ['what a service says', 'curl $SERVICE_URL/metrics'],
        ]}
      />
    </main>
  )
}

function Choices({
  dashboards,
  dashboard,
  range,
}: {
  dashboards: readonly { uid: string; title: string }[]
  dashboard: string
  range: number
}) {
  const navigate = useNavigate()
  return (
    <div className="filters">
      <nav aria-label="Dashboards" className="presets">
        {dashboards.map(({ uid, title }) => (
          <Link
            key={uid}
            to="/sre"
            search={searchOf(uid, range)}
            className={uid === dashboard ? 'chosen' : ''}
            aria-current={uid === dashboard ? 'true' : undefined}
            activeProps={{}}
          >
            {title.replace(/^Prooftrail: /, '')}
          </Link>
        ))}
      </nav>
      <label>
        over the last{' '}
        <select
          value={range}
          onChange={(event) =>
            void navigate({
              to: '/sre',
              search: searchOf(dashboard, Number(event.target.value)),
              replace: true,
            })
          }
        >
          {RANGES.map(([seconds, name]) => (
            <option key={seconds} value={seconds}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

function searchOf(uid: string, seconds: number) {
  const range = RANGES.find(([one]) => one === seconds)?.[0]
  return {
    ...(uid === USUAL.dashboard ? {} : { dashboard: uid }),
    ...(range === undefined || range === USUAL.range ? {} : { range }),
  }
}
