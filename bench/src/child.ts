import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A process of the bench that answers one message with another. */
export interface Child {
  readonly pid: number
  /** Sends a request and resolves with its answer. @throws what the child threw, or its end */
  ask<T>(request: { type: string; [member: string]: unknown }): Promise<T>
  stop(): Promise<void>
}

/** Starts a module of the bench as a process, the way this process runs (compiled or source). */
export function startChild(module: string): Child {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const file = fileURLToPath(new URL(`${module}.${extension}`, import.meta.url))
  const loader = new URL('../../packages/cli/bin/source.js', import.meta.url).href
  const flags = (process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter(Boolean)
  const execArgv = [...flags, ...(extension === 'ts' ? ['--import', loader] : [])]
  const child = fork(file, [], { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const answers = collectAnswers(child)
  let asked = 0
  const ask: Child['ask'] = <T>(request: object) =>
    new Promise<T>((resolve, reject) => {
      asked += 1
      // The child answers each request with the type that its caller names.
      answers.set(asked, { resolve: resolve as (value: unknown) => void, reject })
      child.send({ ...request, id: asked })
    })
  return {
    pid: child.pid ?? 0,
    ask,
    async stop() {
      if (child.connected) await ask({ type: 'stop' }).catch(() => undefined)
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await ended
      clearTimeout(late)
    },
  }
}

function collectAnswers(child: ChildProcess) {
  const answers = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >()
  child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
    const waiting = answers.get(id)
    answers.delete(id)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(error))
  })
  child.once('exit', (code, signal) => {
    for (const { reject } of answers.values()) reject(new Error(`ended with ${code ?? signal}`))
    answers.clear()
  })
  return answers
}

/** The child's side: answers requests by type; `stop` ends the process, as does the parent's end. */
export function answerParent(
  // Each handler knows the request that its type names.
  handlers: Record<string, (request: never) => unknown>,
): void {
  process.on('message', async ({ id, ...request }: { id: number; type: string }) => {
    try {
      const handler = handlers[request.type]
      if (!handler) throw new Error(`nobody answers ${request.type}`)
      process.send?.({ id, value: await handler(request as never) })
    } catch (error) {
      process.send?.({
        id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
    }
    if (request.type === 'stop') process.disconnect()
  })
  process.once('disconnect', () => process.exit(0))
}
