import type { AnswerOf } from '@prooftrail/contracts/doors'

/** One thing that happened to a work order, as the console tells it. */
export type TaskEvent = AnswerOf<'GET /v1/tasks/:token/events'>['events'][number]

/** A task as the console's door shows it. */
export type TaskView = AnswerOf<'GET /v1/tasks/:token'>

export interface FollowOptions {
  /** Base address of the console service. */
  console: string
  /** Task handle or operator token, where the deployment wants one. */
  token?: string
  /** Stop after this many milliseconds. */
  timeoutMs?: number
  /** How often to ask; default 150 ms. */
  everyMs?: number
  /** How long an event waits for others that happened before it and are told later; default 250 ms. */
  holdMs?: number
  /** How many of the task's events are known already; default: none. */
  after?: number
  /** When there is nothing more to wait for; default: once the trail is sealed. */
  isDone?(view: TaskView): boolean
}

/**
 * Tells each event of a task once, in the order of their times, until its trail is sealed or it ended
 * without one. The console numbers events as it hears of them, from many topics; so each one is held
 * for a moment, for those that happened before it.
 * @param id task handle (`tt_…`) or work order id (`wo_…`)
 * @returns the task as it stands at the end
 * @throws Error with code PT-8005 when the time is up
 */
export async function* followTask(
  id: string,
  options: FollowOptions,
): AsyncGenerator<TaskEvent, TaskView> {
  const { timeoutMs = 120_000, holdMs = 250, isDone = ({ sealed }) => sealed } = options
  const until = Date.now() + timeoutMs
  const held = new Held(options.after ?? 0)
  for (;;) {
    const view = await read<TaskView>(`/v1/tasks/${id}`, options)
    const end = view !== undefined && isDone(view)
    // what came before the end may be told after it
    if (end) await pause(holdMs)
    if (view) held.take(await eventsOf(id, held.told, options))
    yield* held.release(end ? Number.POSITIVE_INFINITY : Date.now() - holdMs)
    if (end) return view
    if (Date.now() > until) {
      const state = view ? `it is ${view.lifecycle_state}` : 'nothing is known of it'
      throw Object.assign(new Error(`${id} is not sealed yet: ${state}`), { code: 'PT-8005' })
    }
    await pause(options.everyMs ?? 150)
  }
}

/** Events that wait for earlier ones. */
class Held {
  /** The highest number that was told. */
  told: number
  #events: { event: TaskEvent; heard: number }[] = []

  constructor(after: number) {
    this.told = after
  }

  take(events: readonly TaskEvent[]): void {
    const heard = Date.now()
    this.told = Math.max(this.told, ...events.map(({ sequence }) => sequence))
    this.#events.push(...events.map((event) => ({ event, heard })))
    this.#events.sort((a, b) => Date.parse(a.event.at) - Date.parse(b.event.at))
  }

  /** The earliest ones, as far as all of them were heard by that time (epoch ms). */
  release(heardBy: number): TaskEvent[] {
    const first = this.#events.findIndex(({ heard }) => heard > heardBy)
    const ready = this.#events.splice(0, first === -1 ? this.#events.length : first)
    return ready.map(({ event }) => event)
  }
}

async function eventsOf(id: string, after: number, options: FollowOptions): Promise<TaskEvent[]> {
  const path = `/v1/tasks/${id}/events?after=${after}`
  return (await read<AnswerOf<'GET /v1/tasks/:token/events'>>(path, options))?.events ?? []
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function read<T>(path: string, options: FollowOptions): Promise<T | undefined> {
  const headers = options.token ? { authorization: `Bearer ${options.token}` } : {}
  const answer = await fetch(`${options.console}${path}`, { headers })
  // a handle opens nothing before its run is known
  const isEarly = answer.status === 401 && options.token?.startsWith('tt_') === true
  if (answer.status === 404 || isEarly) return undefined
  if (!answer.ok) throw new Error(`${options.console} answered ${answer.status} for ${path}`)
  // The console's own shape; its contract tests hold it.
  return (await answer.json()) as T
}
