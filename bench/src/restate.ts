import { type ChildProcess, execFile, fork, spawn } from 'node:child_process'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Running } from './floor/floor.ts'
import { closedLoop } from './load.ts'
import { type Measured, measureClosed, measureOpen } from './measure.ts'
import type { Options } from './options.ts'

/** The versions that the comparison was made with; they are fetched when asked for. */
const PACKAGES = ['@restatedev/restate-server@1.7.12', '@restatedev/restate-sdk@1.17.2']
const READY_MS = 60_000
const STEPS = 7

export interface RivalResult {
  rival: string
  closed: Measured[]
  low: Measured
}

/** Seven durable service calls per order on Restate's server: one worker process, as in the rival's docs. */
export async function benchRestate(
  options: Options,
  say: (line: string) => void,
): Promise<RivalResult> {
  say('restate: fetching its server and SDK')
  const rival = await startRestate()
  try {
    const { feed, roles } = rival
    say('restate: warming up')
    await closedLoop(feed, { inFlight: 64, seconds: 30, orders: options.warmUp })
    const closed: Measured[] = []
    for (const inFlight of options.inFlight) {
      const measured = await measureClosed(feed, roles, { inFlight, seconds: options.seconds })
      closed.push(measured)
      say(`restate: ${measured.per_second.toFixed(1)}/s with ${inFlight} in flight`)
    }
    const low = await measureOpen(feed, roles, { rate: 5, seconds: options.lowSeconds })
    return { rival: PACKAGES.join(', '), closed, low }
  } finally {
    await rival.stop()
  }
}

async function startRestate(): Promise<Running> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-restate-'))
  const children: ChildProcess[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: 1_024 })
  const stop = async () => {
    agent.destroy()
    await Promise.all(children.map(end))
    await rm(dir, { recursive: true, force: true })
  }
  try {
    await writeFile(join(dir, 'package.json'), '{"private":true,"type":"module"}\n')
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', ...PACKAGES], {
      cwd: dir,
    })
    const script = fileURLToPath(new URL('../restate/worker.js', import.meta.url))
    await copyFile(script, join(dir, 'worker.js'))
    const [ingress, admin, node, worker] = await Promise.all([
      freePort(),
      freePort(),
      freePort(),
      freePort(),
    ])
    const server = spawn(join(dir, 'node_modules', '.bin', 'restate-server'), [], {
      cwd: dir,
      stdio: 'ignore',
      env: {
        ...process.env,
        RESTATE_BASE_DIR: join(dir, 'data'),
        RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
        RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
        RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
        RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
        RESTATE_DISABLE_TELEMETRY: 'true',
        RUST_LOG: 'error',
      },
    })
    children.push(server)
    const running = fork(join(dir, 'worker.js'), [String(worker)], {
      cwd: dir,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, RESTATE_LOGGING: 'ERROR' },
    })
    children.push(running)
    await new Promise<void>((resolve, reject) => {
      running.once('message', () => resolve())
      running.once('exit', () => reject(new Error('the worker ended')))
    })
    await until(`http://127.0.0.1:${admin}/health`)
    const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${worker}` }),
    })
    if (!answer.ok) throw new Error(`restate refused its worker: ${await answer.text()}`)
    await until(`http://127.0.0.1:${ingress}/restate/health`)
    return {
      feed: makeFeed(ingress, agent),
      roles: { work: [running.pid ?? 0], servers: [server.pid ?? 0] },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function makeFeed(port: number, agent: Agent): Running['feed'] {
  let count = 0
  const fill = 'y'.repeat(900)
  const feed: Running['feed'] = {
    onDone: () => {},
    prepare: (wanted) => Array.from({ length: wanted }, () => `order-${count++}`),
    async send(ids) {
      for (const id of ids) {
        const body = JSON.stringify({ id, fill })
        const call = request(
          {
            agent,
            port,
            host: '127.0.0.1',
            path: '/flow/run',
            method: 'POST',
            headers: { 'content-type': 'application/json', 'content-length': body.length },
          },
          (answer) => {
            const chunks: Buffer[] = []
            answer.on('data', (chunk: Buffer) => chunks.push(chunk))
            answer.on('end', () => {
              // An order that did not come to its last step stays unfinished, and is told as such.
              const { seq } = JSON.parse(Buffer.concat(chunks).toString() || '{}')
              if (seq === STEPS) feed.onDone(id)
            })
          },
        )
        call.on('error', () => undefined)
        call.end(body)
      }
    },
  }
  return feed
}

function freePort(): Promise<number> {
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

async function until(url: string): Promise<void> {
  const end = Date.now() + READY_MS
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    if (Date.now() > end) throw new Error(`${url} does not answer`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(late)
}
