import type { AnswerOf, RunRow } from '@prooftrail/contracts/doors'
import type { Reader } from '@prooftrail/runtime'
import { facet } from './run-row.ts'
import type { RunState, State } from './state.ts'

/** What is known of a tool's executors: what they were given and have not answered, and their heartbeats. */

type Executors = AnswerOf<'GET /v1/executors/:tool'>
type Heard = Executors['heard'][number]

/** Where a run stands while its tool has it. */
type AtTool = 'queued' | 'operating'

/** Heartbeats that are shown, each of another run. */
const MAX_HEARD = 10

/** What a run is selected by while it is at a tool. */
function atTool(tool: string, state: AtTool): string {
  return facet('at', `${state} ${tool}`)
}

/** The same of a run as a list shows it; nothing while no tool has it. */
export function facetsAtTool({ requested_tool, lifecycle_state: state }: RunRow): string[] {
  const isThere = state === 'queued' || state === 'operating'
  return isThere && requested_tool !== undefined ? [atTool(requested_tool, state)] : []
}

/** The newest heartbeat of a run, whichever attempt it is of; by its executor's clock. */
function newestOf({ progress }: RunState): RunState['progress'][number] | undefined {
  return [...progress].sort((a, b) => (a.latest.at < b.latest.at ? -1 : 1)).at(-1)
}

/** Members of a run's index that heartbeats are found by. */
export function heardBy(run: RunState): Record<string, string | undefined> {
  const at = newestOf(run)?.latest.at
  return at === undefined ? {} : { heard: run.requested_tool, heard_at: at }
}

/** Over the runs alone of which a heartbeat came. */
export const HEARD_INDEX = {
  name: 'heard',
  key: { 'ix.heard': 1, 'ix.heard_at': -1 },
  partialFilterExpression: { 'ix.heard': { $exists: true } },
} as const

export async function executorsOf(
  store: Pick<Reader<State>, 'count' | 'find'>,
  tool: string,
): Promise<Executors> {
  const [queued, operating, found] = await Promise.all([
    store.count({ 'ix.facets': atTool(tool, 'queued') }),
    store.count({ 'ix.facets': atTool(tool, 'operating') }),
    store.find({ 'ix.heard': tool }, { sort: { 'ix.heard_at': -1 }, limit: MAX_HEARD }),
  ])
  return { tool, queued, operating, heard: found.flatMap(({ state }) => heardIn(state)) }
}

function heardIn(state: State): Heard[] {
  const newest = state.status === 'run' ? newestOf(state) : undefined
  if (state.status !== 'run' || newest === undefined) return []
  const { attempt, latest } = newest
  const { at, percent, key_id } = latest
  return [
    {
      ...{ work_order_id: state.work_order_id, attempt, at, state: latest.state },
      ...(percent === undefined ? {} : { percent }),
      ...(key_id === undefined ? {} : { key_id }),
    },
  ]
}
