import { createServer } from 'node:http'
import { expect, onTestFinished } from 'vitest'
import { freePort } from '../../toolkit/free-port.ts'
import type { Behaviour, CallbackAddress, CallbackRequest } from '../../toolkit/receiver.ts'
import type { Deployment } from '../deployment.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS, type Sent } from '../traffic.ts'

const PRICE = 10
const ASKED_S = 3

export const receivers: Scenario = {
  promise: 'receivers that are down, answer 500, 429, 410 or redirect: obeyed, retried, parked',
  async run(d) {
    const { world, traffic, journal } = d
    const target = world.receiver.address()
    const failing = firstly(3, { status: 500 })
    const throttling = firstly(1, { status: 429, headers: { 'retry-after': String(ASKED_S) } })
    const moved = firstly(2, { status: 302, headers: { location: target.url } })
    const at = (behave: Behaviour) => world.receiver.address(behave)
    const down = await unreachable()
    const lost = await unreachable()
    const [late, never, broken, throttled, gone, redirected] = await Promise.all([
      order(d, 'down', down, 'delivered'),
      order(d, 'lost', lost, 'parked'),
      order(d, 'broken', at(failing), 'delivered'),
      order(d, 'throttled', at(throttling), 'delivered'),
      order(
        d,
        'gone',
        at(() => ({ status: 410 })),
        'parked',
      ),
      order(d, 'redirecting', at(moved), 'delivered'),
    ])
    const open = traffic.open()
    await tried(d, late, 2)
    await down.open()
    await Promise.all([ended(d, late), ended(d, broken), ended(d, gone), ended(d, redirected)])
    expect(requests(broken)).toBe(4)
    expect(requests(gone)).toBe(1)
    expect(requests(redirected)).toBe(3)
    expect(target.received).toEqual([])
    await ended(d, never)
    const { attempts } = last(d, never)
    expect(attempts).toHaveLength(10)
    const tickets = [never, gone].map(({ id }) => world.heard('exception.opened', id).length)
    expect(tickets).toEqual([1, 1])
    // The shortest wait after 429 is a minute: what came of it stands in the books at the end.
    await tried(d, throttled, 1)
    const pending = last(d, throttled)
    const asked = Date.parse(pending.next_attempt_at ?? '') - Date.parse(pending.issued_at)
    expect(asked).toBeGreaterThanOrEqual(ASKED_S * 1000)
    for (const who of ['down', 'lost', '500', '429', '410', '302']) {
      journal.fault({ during: 'receivers', what: 'a receiver', who, when: 'at once', open })
    }
  },
}

/** Something else, and from then on yes. */
function firstly(times: number, answer: { status: number; headers?: Record<string, string> }) {
  return ((_, n) => (n <= times ? answer : { status: 200 })) satisfies Behaviour
}

async function order(
  { world, traffic }: Deployment,
  label: string,
  callbacks: CallbackAddress,
  ends: Sent['ends'],
): Promise<Sent> {
  const agent = await world.newAgent(`faults_${label}`, { credits: 100, callbacks })
  return traffic.publish(agent.order(), { tool: 'tokenops', price: PRICE, agent, ends })
}

function last({ world }: Deployment, { id }: Sent) {
  const newest = world.heard('callback.attempted', id).at(-1)
  if (!newest) throw new Error(`no attempt for ${id}`)
  return newest.value.object
}

function tried({ world }: Deployment, { id }: Sent, attempts: number): Promise<true> {
  const had = () => world.heard('callback.attempted', id).length >= attempts || undefined
  return world.until(`attempt ${attempts} for ${id}`, had, PATIENCE_MS)
}

function ended(d: Deployment, { id, ends }: Sent): Promise<true> {
  const said = () => d.world.heard('callback.attempted', id).at(-1)?.value.object.callback_status
  return d.world.until(`${ends} ${id}`, () => said() === ends || undefined, PATIENCE_MS)
}

function requests({ agent }: Sent): number {
  return agent.callbacks.received.length
}

/** An address where nobody listens, until it is opened. */
async function unreachable(): Promise<CallbackAddress & { open(): Promise<void> }> {
  const port = await freePort()
  const received: CallbackRequest[] = []
  return {
    url: `http://127.0.0.1:${port}/callbacks`,
    received,
    async open() {
      const server = createServer((req, res) => {
        const chunks: Buffer[] = []
        req.on('data', (chunk: Buffer) => chunks.push(chunk))
        req.on('end', () => {
          const headers = Object.fromEntries(
            Object.entries(req.headers).map(([name, value]) => [name, String(value)]),
          )
          received.push({ headers, body: Buffer.concat(chunks), at: new Date().toISOString() })
          res.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
        })
      })
      onTestFinished(() => void server.close())
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    },
  }
}
