import { readFileSync } from 'node:fs'
import { ACT_NAMES, type RecoveryAction } from '@prooftrail/contracts'
import { type AnswerOf, doorUrl, type QueryOf } from '@prooftrail/contracts/doors'
import { CommandError } from '../fault.ts'
import { ask } from '../http.ts'
import { serviceUrl } from '../world.ts'

/** Which runs a batch is made of: a file of ids, or what a filter of the console finds now. */
export interface Selection {
  runs?: string
  state?: string
  waitsFor?: string
  tool?: string
  agent?: string
  callback?: string
  result?: string
  verdict?: string
}

/** What was selected: ids, and how they were chosen, for people. */
export interface Selected {
  ids: string[]
  how: string
}

type RunsQuery = QueryOf<'GET /v1/runs'>

/** The act by its name. @throws CommandError PT-8006 for a name that no act has */
export function actNamed(name: string): RecoveryAction {
  const known = ACT_NAMES.find((one) => one === name)
  if (known) return known
  throw new CommandError('PT-8006', `${name} is no act; there are ${ACT_NAMES.join(', ')}`, 2)
}

/** @throws CommandError PT-8013 where nothing or two things are named, PT-8006 for a bad file */
export async function selectRuns({ runs, ...options }: Selection): Promise<Selected> {
  const { waitsFor, ...others } = options
  const given = Object.entries({ ...others, waits_for: waitsFor }).filter(
    ([, value]) => value !== undefined,
  )
  if ((runs === undefined) === (given.length === 0)) {
    const detail = 'name the runs either by --runs FILE or by a filter (--state, --tool, …)'
    throw new CommandError('PT-8013', detail, 2)
  }
  if (runs !== undefined) return { ids: idsIn(runs), how: `ids of ${runs}` }
  // the console refuses what is none of its words
  const filter = Object.fromEntries(given) as RunsQuery
  const how = given.map(([name, value]) => `${name}=${value}`).join(' ')
  return { ids: await found(filter), how }
}

/** A file of ids, one a line; `-` is standard input. */
function idsIn(path: string): string[] {
  let text: string
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw new CommandError(
      'PT-8006',
      `${path}: ${error instanceof Error ? error.message : error}`,
      2,
    )
  }
  return text.split(/\s+/).filter((id) => id !== '')
}

/** Oldest first, so that what has waited longest is asked for first. */
async function found(filter: RunsQuery): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | undefined; ; ) {
    const query = { ...filter, sort: 'accepted', limit: 200, cursor }
    const url = doorUrl(serviceUrl('console'), 'GET /v1/runs', {}, query)
    const { body } = await ask<AnswerOf<'GET /v1/runs'>>('GET', url)
    ids.push(...body.runs.map(({ work_order_id }) => work_order_id))
    cursor = body.next_cursor
    if (cursor === undefined) return ids
  }
}
