import { spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { endProcess, freePort, startWorker, until } from './processes.ts'
import { feedOf, finish, type Rival } from './rival.ts'

/** Seven durable service calls per order on Restate's server: one worker process, as in its docs. */
export const restate: Rival = {
  packages: ['@restatedev/restate-server@1.7.12', '@restatedev/restate-sdk@1.17.2'],
  row: 'restate, service calls',
  durability: 'fsync before the answer',
  async start(dir, closing) {
    const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()])
    const [ingress, admin, node, port] = ports
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
    closing.push(() => endProcess(server))
    const worker = await startWorker(dir, 'restate', port, closing)
    await until('restate', () => answers(`http://127.0.0.1:${admin}/health`))
    const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
    })
    if (!answer.ok) throw new Error(`restate refused its worker: ${await answer.text()}`)
    await until('restate', () => answers(`http://127.0.0.1:${ingress}/restate/health`))
    const agent = new Agent({ keepAlive: true, maxSockets: 1_024 })
    closing.push(async () => agent.destroy())
    const feed = feedOf(async (orders) => {
      for (const order of orders) {
        call(ingress, agent, JSON.stringify(order), (said) => finish(feed, said))
      }
    })
    return { feed, roles: { work: [worker], servers: [server.pid ?? 0] } }
  },
}

/** Calls the flow with an order; nothing is said of one that fails. */
function call(port: number, agent: Agent, body: string, done: (said: unknown) => void): void {
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const where = { host: '127.0.0.1', port, path: '/flow/run', method: 'POST' }
  request({ agent, ...where, headers }, (answer) => {
    json(answer).then(done, () => undefined)
  })
    .on('error', () => undefined)
    .end(body)
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(url).catch(() => undefined))?.ok === true
}
