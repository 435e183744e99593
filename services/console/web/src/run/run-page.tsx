/** One run, whole: where it stands, what happened, the proof, and what can be done. */
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { Failed, Loading } from '../ui/parts.tsx'
import { sentence } from '../ui/words.ts'
import { DeliveryTab } from './delivery-tab.tsx'
import { ProofTab } from './proof-tab.tsx'
import { ReportTab } from './report-tab.tsx'
import { RevisionsTab } from './revisions-tab.tsx'
import { RunHead } from './run-head.tsx'
import { TABS, type Tab as TabName } from './search.ts'
import { SummaryTab } from './summary-tab.tsx'
import { TimelineTab } from './timeline-tab.tsx'
import { useRun } from './use-run.ts'

const route = getRouteApi('/runs/$id')

export function RunPage() {
  const { id } = route.useParams()
  const { tab = 'summary' } = route.useSearch()
  const navigate = useNavigate()
  return (
    <RunView
      id={id}
      tab={tab}
      onTab={(next) =>
        void navigate({
          to: '/runs/$id',
          params: { id },
          search: next === 'summary' ? {} : { tab: next },
          resetScroll: false,
        })
      }
    />
  )
}

/** @param bearer the handle that opens this run and nothing else: acts and other runs stay away */
export function RunView({
  id,
  bearer,
  tab,
  onTab,
}: {
  id: string
  bearer?: string
  tab: TabName
  onTab: (tab: TabName) => void
}) {
  const run = useRun(id, bearer)
  const { report } = run
  if (report.error && !report.data) {
    return (
      <main id="main">
        <h1>Run</h1>
        <Failed error={report.error} again={() => void report.refetch()} />
      </main>
    )
  }
  if (!report.data) {
    return (
      <main id="main">
        <h1 className="spoken">Run</h1>
        <Loading what="the run" />
      </main>
    )
  }
  const parts = { run, report: report.data, isOperator: bearer === undefined, bearer }
  return (
    <main id="main">
      <RunHead {...parts} />
      <Tabs
        className="tabs"
        selectedKey={tab}
        onSelectionChange={(key) => onTab(TABS.find((one) => one === key) ?? 'summary')}
      >
        <TabList aria-label="Parts of the run">
          {TABS.map((name) => (
            <Tab key={name} id={name}>
              {sentence(name)}
            </Tab>
          ))}
        </TabList>
        <TabPanel id="summary">
          <SummaryTab {...parts} />
        </TabPanel>
        <TabPanel id="timeline">
          <TimelineTab {...parts} />
        </TabPanel>
        <TabPanel id="proof">
          <ProofTab {...parts} />
        </TabPanel>
        <TabPanel id="delivery">
          <DeliveryTab {...parts} />
        </TabPanel>
        <TabPanel id="revisions">
          <RevisionsTab {...parts} />
        </TabPanel>
        <TabPanel id="report">
          <ReportTab {...parts} />
        </TabPanel>
      </Tabs>
    </main>
  )
}
