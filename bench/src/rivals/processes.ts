import { type ChildProcess, execFile, fork } from 'node:child_process'
import { copyFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Has npm put packages into a folder. @throws when they cannot be fetched */
export async function fetchPackages(dir: string, packages: readonly string[]): Promise<void> {
  await writeFile(join(dir, 'package.json'), '{"private":true,"type":"module"}\n')
  const args = ['install', '--no-audit', '--no-fund', ...packages]
  await promisify(execFile)('npm', args, { cwd: dir })
}

/** What ends what was started, in its order. */
export type Closing = (() => Promise<unknown>)[]

/** Runs `bench/NAME/worker.js` beside the packages of a folder; resolves when it says that it is ready. */
export async function startWorker(
  dir: string,
  name: string,
  port: number,
  closing: Closing,
): Promise<number> {
  const script = fileURLToPath(new URL(`../../${name}/worker.js`, import.meta.url))
  await copyFile(script, join(dir, 'worker.js'))
  const worker = fork(join(dir, 'worker.js'), [String(port)], {
    cwd: dir,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, RESTATE_LOGGING: 'ERROR' },
  })
  closing.push(() => endProcess(worker))
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('exit', () => reject(new Error('the worker ended')))
  })
  return worker.pid ?? 0
}

/** Asks until the answer is yes. @throws Error after a minute */
export async function until(what: string, isThere: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000
  while (!(await isThere())) {
    if (Date.now() > end) throw new Error(`${what} does not answer`)
    await pause(50)
  }
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

/** Ends a process that was started here; resolves when it has ended. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(late)
}
