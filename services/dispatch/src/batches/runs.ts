import { ACTS, type BatchItem, type BatchTerms } from '@prooftrail/contracts'
import { toolDocument } from '@prooftrail/runtime'
import { Link } from '@prooftrail/trail'
import { costOf, isSaid, manifestOf } from '../acts/decide-act.ts'
import { type ActFault, actFault, checkpointOf, runOf } from '../acts/judge-act.ts'
import { courseOf, isOrder } from '../course.ts'
import type { Course, OrderState, State, ToolState, Tools } from '../state.ts'
import { actOf } from './act-of.ts'
import { CHUNK } from './names.ts'

/** The runs of a batch as they stand: read, frozen, and judged ahead. Nothing here writes. */

/** What would become of an act. */
export type Judged =
  | { status: 'would be accepted'; credits: number }
  | { status: 'would be refused'; code: string; detail: string }

/** A run, where acts are judged on it. */
interface Run {
  state: OrderState
  course: Course
}

type Reading = Pick<Tools, 'reader'>

/**
 * Freezes runs chunk by chunk: what an act on each follows, and which ticket it is about. One on which
 * no act is judged stays in its place with the code that says so.
 */
export async function* frozen(
  ids: readonly string[],
  { exception_type: type }: Pick<BatchTerms, 'exception_type'>,
  { reader }: Reading,
): AsyncGenerator<BatchItem[]> {
  for (let from = 0; from < ids.length; from += CHUNK) {
    const some = ids.slice(from, from + CHUNK)
    const runs = await runsOf(some, reader)
    yield some.map((work_order_id) => itemOf(work_order_id, runs.get(work_order_id), type))
  }
}

function itemOf(work_order_id: string, run: Run | undefined, type: string | undefined): BatchItem {
  if (run === undefined) return { work_order_id, code: 'PT-2021' }
  const follows = checkpointOf(run.state, run.course)
  const ticket = run.course.tickets.find((one) => one.exception_type === type)
  return {
    work_order_id,
    ...(follows ? { follows } : {}),
    ...(ticket ? { exception_id: ticket.exception_id } : {}),
  }
}

/**
 * Judges the acts of a batch on some of its runs as the loop would now.
 * @param from the place of the first of them in the batch
 */
export async function judged(
  batchId: string,
  terms: BatchTerms,
  { items, from }: { items: readonly BatchItem[]; from: number },
  { reader, lookup, now = Date.now }: Reading & Pick<Tools, 'lookup' | 'now'>,
): Promise<Judged[]> {
  const runs = await runsOf(
    items.map(({ work_order_id }) => work_order_id),
    reader,
  )
  const pinned = [...runs.values()].flatMap(({ state }) => runOf(state)?.accepted.pins.tool ?? [])
  const tools = new Map<string, ToolState>()
  for (const found of (await lookup.get(pinned.map(toolDocument))).values()) {
    if (found.status === 'tool') tools.set(found.tool, found)
  }
  const at = new Date(now()).toISOString()
  return items.map((item, n) => {
    const run = runs.get(item.work_order_id)
    if (run === undefined || item.code !== undefined) {
      return refused({ code: 'PT-2021', detail: `no run ${item.work_order_id}` })
    }
    return judgedOne(run, actOf(batchId, terms, item, from + n), { at, tools })
  })
}

function judgedOne(
  { state, course }: Run,
  { kind, object, after }: ReturnType<typeof actOf>,
  { at, tools }: { at: string; tools: ReadonlyMap<string, ToolState> },
): Judged {
  // a rule of acts reads what is signed, and not the signature, which who asks is known by
  const link = Link.fromWire(kind, { object, after, key_id: '', signature: '' })
  if (isSaid(course, link)) return { status: 'would be accepted', credits: 0 }
  const asked = { link, by: 'operator', at, workOrderId: object.work_order_id } as const
  const fault = actFault(state, course, asked, manifestOf(state, { tools }))
  if (fault) return refused(fault)
  const run = runOf(state)
  const isPaid = ACTS[object.recovery_action].costs === 'difference'
  const credits = isPaid && run ? costOf(course, run.accepted.pins.price) : 0
  return { status: 'would be accepted', credits }
}

function refused({ code, detail }: Pick<ActFault, 'code' | 'detail'>): Judged {
  return { status: 'would be refused', code, detail }
}

async function runsOf(
  ids: readonly string[],
  reader: Reading['reader'],
): Promise<Map<string, Run>> {
  const runs = new Map<string, Run>()
  for (const [id, { state }] of await reader.read(ids)) {
    const run = runIn(state)
    if (run) runs.set(id, run)
  }
  return runs
}

function runIn(state: State): Run | undefined {
  const course = courseOf(state)
  return course && isOrder(state) ? { state, course } : undefined
}
