/** One thing that happened to a work order, as the console tells it. */
export interface TaskEvent {
  sequence: number
  type: string
  at: string
  stage: string
  summary: string
}

export interface TaskView {
  work_order_id: string
  task_token?: string
  lifecycle_state: string
  runtime_state?: string
  verdict?: string
  result_status?: string
  evidence_status?: string
  callback_status?: string
  sealed: boolean
  /** Why intake refused it, all reasons at once. */
  reasons?: { code: string; detail: string }[]
  [member: string]: unknown
}

export interface FollowOptions {
  /** Base address of the console service. */
  console: string
  /** Task handle or operator token, where the deployment wants one. */
  token?: string
  /** Stop after this many milliseconds. */
  timeoutMs?: number
  /** How often to ask; default 150 ms. */
  everyMs?: number
}

/**
 * Tells each event of a task once, those that are known at once in the order of their times, until its trail is sealed or it ended without one.
 * @param id task handle (`tt_…`) or work order id (`wo_…`)
 * @returns the task as it stands at the end
 * @throws Error with code PT-8005 when the time is up
 */
export async function* followTask(
  id: string,
  options: FollowOptions,
): AsyncGenerator<TaskEvent, TaskView> {
  const until = Date.now() + (options.timeoutMs ?? 120_000)
  let told = 0
  for (;;) {
    const view = await read<TaskView>(`/v1/tasks/${id}`, options)
    if (view) {
      const page = await read<{ events: TaskEvent[] }>(
        `/v1/tasks/${id}/events?after=${told}`,
        options,
      )
      const events = page?.events ?? []
      told = Math.max(told, ...events.map(({ sequence }) => sequence))
      // the console numbers events as it hears of them; they happened in the order of their times
      yield* events.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
      if (view.sealed) return view
    }
    if (Date.now() > until) {
      const state = view ? `it is ${view.lifecycle_state}` : 'nothing is known of it'
      throw Object.assign(new Error(`${id} is not sealed yet: ${state}`), { code: 'PT-8005' })
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 150))
  }
}

async function read<T>(path: string, options: FollowOptions): Promise<T | undefined> {
  const headers = options.token ? { authorization: `Bearer ${options.token}` } : {}
  const answer = await fetch(`${options.console}${path}`, { headers })
  if (answer.status === 404) return undefined
  if (!answer.ok) throw new Error(`${options.console} answered ${answer.status} for ${path}`)
  // The console's own shape; its contract tests hold it.
  return (await answer.json()) as T
}
