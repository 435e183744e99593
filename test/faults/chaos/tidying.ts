import type { Deployment } from '../deployment.ts'
import { PATIENCE_MS } from '../traffic.ts'
import { asked } from './answers.ts'
import type { Noises } from './noise.ts'
import type { Tidying } from './people.ts'
import type { Timed } from './schedule.ts'
import { rowsOfKey, setAside } from './set-aside.ts'

/** Operators send again and discard what is set aside, one by one and in bulk, sooner than is good. */

/** An entry as the console lists it. */
export interface Row {
  parked_id: string
  state: string
  service: string
  topic: string
  partition: number
  offset: string
  since: string
  times: number
  sends: number
}

const PAGE = 500

/** What has been set aside since the deployment began, oldest first. */
export async function listParked(
  { world, begun }: Deployment,
  query: Record<string, string>,
): Promise<Row[] | undefined> {
  const rows: Row[] = []
  // what others parked before may stand there
  const newer_than = String(Math.ceil((Date.now() - Date.parse(begun)) / 1000) + 1)
  for (let cursor: unknown = ''; cursor !== undefined; ) {
    const more: Record<string, string> = cursor === '' ? {} : { cursor: String(cursor) }
    const words = new URLSearchParams({ limit: String(PAGE), newer_than, ...query, ...more })
    const answer = await asked(`${world.url('console')}/v1/parked?${words}`)
    if (answer?.status !== 200) return undefined
    rows.push(...(answer.body.entries as Row[]))
    cursor = answer.body.next_cursor
  }
  return rows.filter(({ since }) => since >= begun)
}

/** Acts at each time on what is listed then. */
export async function tidyUp(
  d: Deployment,
  noises: Noises,
  tidying: readonly Timed<Tidying>[],
  after: (ms: number) => Promise<void>,
): Promise<void> {
  const all: Promise<void>[] = []
  for (const one of tidying) {
    await after(one.at)
    all.push(tidyOnce(d, noises, one))
  }
  await Promise.all(all)
}

async function tidyOnce(d: Deployment, noises: Noises, one: Timed<Tidying>): Promise<void> {
  const { act, of, count, state } = one
  const rows = await listParked(d, { state })
  if (rows === undefined) return noises.answers.count('list', 'no answer')
  const from = Math.floor(of * rows.length)
  const ids = rows.slice(from, from + count).map(({ parked_id }) => parked_id)
  if (ids.length === 0) return noises.answers.count(act, 'nothing there')
  const twice = [one, ...(one.twice ? [one] : [])]
  await Promise.all(twice.map((same) => decide(d, noises, same, ids)))
}

/** Asks for it, and counts each answer. */
async function decide(
  { world }: Deployment,
  { answers, done }: Noises,
  { act, isDry, withEarlier }: Pick<Tidying, 'act' | 'isDry' | 'withEarlier'>,
  ids: readonly string[],
): Promise<void> {
  const [id] = ids
  const isOne = ids.length === 1
  const flags = `${isDry ? '&dry_run' : ''}${withEarlier ? '&with_earlier' : ''}`.replace('&', '?')
  const answer = await asked(
    `${world.url('console')}/v1/parked/${isOne ? `${id}/${act}` : 'acts'}${flags}`,
    { reason: 'in haste', ...(isOne ? {} : { act, ids }) },
  )
  const name = `${act}${isOne ? '' : ' in bulk'}${isDry ? ', dry' : ''}`
  if (answer === undefined) return answers.count(name, 'no answer', ids.length)
  const { status, body } = answer
  const items = (body.items ?? [{ parked_id: id, ...body }]) as Item[]
  for (const { parked_id, status: said, code } of items) {
    answers.count(name, String(code ?? said ?? status))
    if (said === 'done') done[act].add(parked_id)
  }
}

interface Item {
  parked_id: string
  status?: string | number
  code?: string
}

/**
 * Sends every early order again until it is sealed, or was given up by somebody in haste. Its agent is there
 * by now.
 */
export async function sendTheRest(d: Deployment, noises: Noises): Promise<void> {
  const { world } = d
  let seen: object[] = []
  const settled = async () => {
    const rows = await listParked(d, { state: 'any', topic: 'work-order.submitted' })
    if (rows === undefined) return undefined
    const sealed = new Set(world.heard('trail.attested').map(({ key }) => key))
    const heard = setAside(d)
    const unsealed = noises.early.filter(({ id }) => !sealed.has(id))
    const left = unsealed.map(({ id }) => rowsOfKey(rows, heard, id))
    seen = unsealed.map(({ id, agent }, at) => ({ id, agent: agent.id, rows: left[at] }))
    const open = left.flat().flatMap((row) => (row.state === 'open' ? [row.parked_id] : []))
    if (open.length > 0) {
      await decide(d, noises, { act: 'send', isDry: false, withEarlier: true }, open)
    }
    const isGivenUp = (own: Row[]) => own.some(({ state }) => state === 'discarded')
    return left.every(isGivenUp) || undefined
  }
  await world.until('the end of every early order', settled, 2 * PATIENCE_MS).catch((error) => {
    throw new Error(`${error}; left: ${JSON.stringify(seen)}`)
  })
}
