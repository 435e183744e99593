import { genuineProgress, genuineSaid, TOOL_NAME } from '@prooftrail/contracts'
import {
  defineService,
  type Host,
  Lookup,
  type Pair,
  type Reader,
  type Running,
  runService,
  type Stoppable,
  toolDocument,
} from '@prooftrail/runtime'
import { listedOf } from './act-trail/listed.ts'
import { type ActStore, openActs } from './act-trail/store.ts'
import { codes } from './codes.ts'
import type { ConsoleConfig } from './config.ts'
import { onFact } from './decide.ts'
import { evolve } from './evolve.ts'
import { facetsAtTool, HEARD_INDEX, heardBy } from './executors.ts'
import { askToForget, onForgetAsked } from './forget.ts'
import { openChunks } from './live/change-feed.ts'
import { Changes } from './live/changes.ts'
import { LiveRuns } from './live/live-runs.ts'
import { ProjectionAge } from './live/projection-age.ts'
import { openTopics } from './live/topics.ts'
import { COUNTING_INDEXES, countedBy, measureWith, readsOf, readsOfStreams } from './measure.ts'
import { metrics as table } from './metric-table.ts'
import { openMonitor } from './monitor/open-monitor.ts'
import { onParked, onParkedAsked, onParkedDecided, onToolParked } from './parked/decide.ts'
import { idOfSaid, parkedDocument, saidByService, saidByTool } from './parked/entry.ts'
import { PARKED_INDEXES } from './parked/indexes.ts'
import { openParked } from './parked/open.ts'
import { indexOfParked } from './parked/row.ts'
import { onExecutionProgressed } from './progress.ts'
import { forEachFact } from './projection.ts'
import { mountRoutes } from './routes.ts'
import { facetsOf, facetsOfTickets, namesOf, rowOf } from './run-row.ts'
import { openSampler } from './sre/open.ts'
import type { Console, ConsoleInput, Context, State, ToolState, Tools } from './state.ts'
import { dueOf, onDue } from './stuck.ts'
import { openViews } from './views/store.ts'
import { mountPage } from './web/index.ts'
import { openUsedLinks } from './web/sign-in-link.ts'

/** A tool signs what it tells. */
function byTool({ data: { tool, key_id } }: { data: { tool: string; key_id?: string } }) {
  return { party: toolDocument(tool), keyIds: key_id === undefined ? [] : [key_id] }
}

/** A projection: what is known of each run, found by work order and by task handle. */
export const consoleService = defineService<Console>({
  name: 'console',
  collection: 'runs',
  initial: { status: 'absent' },
  // a page shows what was a quarter of a second ago
  gatherMs: 250,
  // a flood of what strangers write is parked, and runs are shown all the same
  patient: ['parked', 'tool.parked'],
  on: {
    ...forEachFact({ decide: onFact }),
    'work-order.accepted': { creates: true, decide: onFact },
    'work-order.rejected': { creates: true, decide: onFact },
    'execution.progressed': {
      ...{ authenticate: byTool, sequenced: true, decide: onExecutionProgressed },
    },
    parked: {
      // its own places tell what is new; replays of a stranger leave no trace behind
      sequenced: true,
      creates: true,
      document: (data) => parkedDocument(idOfSaid(saidByService(data, ''))),
      decide: onParked,
    },
    'tool.parked': {
      ...{ authenticate: byTool, sequenced: true, creates: true },
      document: (data) => parkedDocument(idOfSaid(saidByTool(data, ''))),
      decide: onToolParked,
    },
    'parked.decided': {
      document: ({ parked_id }) => parkedDocument(parked_id),
      decide: onParkedDecided,
    },
    'parked.asked': { decide: onParkedAsked },
    'forget.asked': { decide: onForgetAsked },
    'batch.changed': { decide: () => [] },
    'tool.registered': { document: ({ tool }) => toolDocument(tool), decide: onFact },
    due: { decide: onDue },
  },
  emits: {
    'parked.decided': 'decide',
    'run.forgotten': 'decide',
    'task.stuck': 'decide',
    'task.moved': 'decide',
  },
  prepare,
  evolve,
  forget: () => ({ status: 'absent' }),
  due: dueOf,
  mayDefer: ({ status }) => status === 'run',
  rests: (state) =>
    state.status === 'parked' || (state.status === 'run' && state.sealed.length > 0),
  index,
  indexes: [
    {
      name: 'task_token',
      key: { 'ix.task_token': 1 },
      unique: true,
      partialFilterExpression: { 'ix.task_token': { $exists: true } },
    },
    { name: 'lifecycle', key: { 'ix.lifecycle_state': 1, 'ix.since': 1 } },
    ...COUNTING_INDEXES,
    { name: 'changed', key: { 'ix.facets': 1, 'ix.changed': -1 } },
    { name: 'accepted', key: { 'ix.facets': 1, 'ix.accepted': -1 } },
    { name: 'names', key: { 'ix.names': 1 } },
    HEARD_INDEX,
    ...PARKED_INDEXES,
  ],
  routes: (app, doors) => mountPage(app, doors, () => mountRoutes(app, doors)),
  codes,
})

/**
 * What tools signed in a wave is checked ahead, by their keys; and what acts it tells of is listed,
 * before anything that tells of them counts as read: none is left out, whatever happens next.
 */
export async function prepare(
  wave: readonly Pair<State, ConsoleInput>[],
  { lookup, config, acts }: Pick<Tools, 'lookup' | 'config'> & { acts: Pick<ActStore, 'put'> },
): Promise<Context> {
  const listed = wave.flatMap(({ input }) => listedOf(input) ?? [])
  if (listed.length > 0) await acts.put(listed)
  const inputs = wave.map(({ input }) => input)
  const isNamed = ({ data }: { data: { tool: string } }) => TOOL_NAME.test(data.tool)
  const beats = inputs.filter((one) => one.type === 'execution.progressed').filter(isNamed)
  const parked = inputs.filter((one) => one.type === 'tool.parked').filter(isNamed)
  const names = [...beats, ...parked].map(({ data }) => toolDocument(data.tool))
  const states = await lookup.get(names)
  const tools = new Map<string, ToolState>()
  for (const state of states.values()) if (state.status === 'tool') tools.set(state.tool, state)
  const [genuine, genuineParked] = await Promise.all([
    genuineProgress(beats, tools),
    genuineSaid(parked, tools),
  ])
  const { key, stuckAfter, publicUrl } = config
  return { key, genuine, tools, genuineParked, stuckAfter, publicUrl }
}

/** Parked messages by what lists of them name; runs by every id and digest, by what a list selects, in the orders of lists. */
function index(state: State): Record<string, string | readonly string[] | undefined> {
  if (state.status === 'parked') return indexOfParked(state)
  if (state.status !== 'run') return {}
  const row = rowOf(state)
  const { work_order_id, lifecycle_state, accepted_at, changed_at } = row
  return {
    ...{ task_token: state.task_token, lifecycle_state, since: accepted_at },
    facets: [...facetsOf(row), ...facetsAtTool(row), ...facetsOfTickets(state)],
    // an order has no two of one place
    changed: `${changed_at} ${work_order_id}`,
    accepted: `${accepted_at ?? changed_at} ${work_order_id}`,
    names: namesOf(state),
    row: JSON.stringify(row),
    ...countedBy(state),
    ...heardBy(state),
  }
}

/** What streams of runs rest on: the feed of changes, and the age of all that is shown. */
async function openLive(host: Host, store: Reader<State>, queue: Tools['queue']) {
  const chunks = openChunks(host.db, `${consoleService.collection}.changes`, host.instance)
  await chunks.prepare()
  const topics = openTopics(
    host.kafka,
    `prooftrail.${consoleService.name}`,
    consoleService.consumes,
  )
  const changes = new Changes(chunks, host.instance)
  const age = new ProjectionAge(topics)
  const live = new LiveRuns(store, changes, age, queue)
  const close = async () => {
    await age.stop()
    await topics.stop()
  }
  return { live, changes, age, close }
}

/** Runs the console on a host; resolves when it consumes and answers. */
export function start(host: Host, config: ConsoleConfig): Promise<Running> {
  const due = (state: State) => dueOf(state, config.stuckAfter)
  return runService(
    host,
    { ...consoleService, due },
    {
      port: config.port,
      serviceKeys: config.serviceKeys,
      async open({ store, metrics, ...basics }) {
        const parked = openParked({ store, ...basics })
        const sampler = openSampler(config.metricsOf)
        const acts = openActs(host.db, `${consoleService.collection}.acts`, config.actsKeptDays)
        await acts.prepare()
        const views = openViews(host.db, `${consoleService.collection}.views`)
        const links = openUsedLinks(host.db, `${consoleService.collection}.links`)
        await links.prepare()
        const monitor = openMonitor(host, store, config.stuckAfter)
        const { queue } = monitor
        const { live, changes, age, close } = await openLive(host, store, queue)
        const handles = metrics(table, {
          ...readsOf(monitor.newest),
          ...parked.reads,
          ...readsOfStreams(live.streams, age),
        })
        return {
          tools: {
            ...{ config, lookup: new Lookup(store), live, queue, sampler },
            ...{ parked: parked.tools, acts, views, useLink: links.use },
            forget: askToForget(basics.submit),
          },
          measure: measureWith(handles, monitor.tally),
          changed: (documents, isStored) => changes.changed(documents, isStored),
          close,
          start: async () => {
            changes.start()
            sampler.start()
            const streaming = {
              async stop() {
                await Promise.all([live.stop(), changes.stop()])
              },
            }
            return both(
              monitor.start(),
              streaming,
              sampler,
              acts.start(),
              parked.start(handles.parked_dropped_total),
            )
          },
        }
      },
    },
  )
}

/** What is stopped together. */
function both(...parts: readonly Stoppable[]): Stoppable {
  return { stop: async () => void (await Promise.all(parts.map((one) => one.stop()))) }
}
