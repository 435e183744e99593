import { randomInt } from 'node:crypto'
import { startWorld as startServices, type World, type WorldOptions } from '@prooftrail/cli'
import {
  type Codec,
  openCodec,
  type Parked,
  proveKey,
  type SettlementReceiptLink,
  topicFor,
} from '@prooftrail/contracts'
import { type Admin, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { type Agent, makeAgent, type SignedOrder } from './toolkit/agent.ts'
import { type Listener, startListener } from './toolkit/listener.ts'
import { type CallbackAddress, type Receiver, startReceiver } from './toolkit/receiver.ts'
import { settled } from './toolkit/settle.ts'
import { fetchVerified, type VerifiedTrail } from './toolkit/trail-of.ts'
import { until } from './toolkit/until.ts'

/** An agent that is registered, with a receiver of its callbacks. */
export interface RegisteredAgent extends Agent {
  /** `whsec_…` */
  secret: string
  callbacks: CallbackAddress
}

/** Where the broker put a message. */
export interface Place {
  topic: string
  partition: number
  offset: string
}

export interface RawMessage {
  key: string | Buffer | null
  value: Buffer | null
  headers?: Record<string, string>
}

export interface DoorAnswer {
  status: number
  body: Record<string, unknown>
}

/** Every service on the run's stack, with what tests need to play agents and to see what happens. */
export interface TestWorld {
  services: World
  kafka: Kafka
  admin: Admin
  producer: Producer
  codec: Codec
  receiver: Receiver
  url(service: string): string
  /** Registers a fresh agent and funds its account, unless `credits` is 0. */
  newAgent(label: string, options?: AgentOptions): Promise<RegisteredAgent>
  /** Resolves when the settlement receipt is issued. */
  fund(account: string, credits: number, reference?: string): Promise<SettlementReceiptLink>
  /** Publishes one signed order to the intake topic under its id, or under `key`. */
  publish(order: SignedOrder, key?: string): Promise<Place>
  /** Publishes bytes as they are to the intake topic. */
  publishRaw(message: RawMessage): Promise<Place>
  /** Sends a body to the HTTP door. */
  post(body: SignedOrder | string | Uint8Array): Promise<DoorAnswer>
  /** Reads any address of a service as JSON. */
  get(service: string, path: string): Promise<DoorAnswer>
  /** Waits for the sealed trail of at least `revision` and verifies it. */
  trailOf(id: string, revision?: number): Promise<VerifiedTrail>
  heard: Listener['heard']
  /** Waits for a parked message. */
  parked(matches: Place | ((parked: Parked) => boolean), patienceMs?: number): Promise<Parked>
  until: typeof until
  /** Resolves when every service has handled everything and nothing more is said. */
  settle(patienceMs?: number): Promise<void>
  stop(): Promise<void>
}

export interface AgentOptions {
  credits?: number
  callbacks?: CallbackAddress
  tools?: string[]
}

const CREDITS = 100_000
const INTAKE = topicFor('work-order.submitted')

/**
 * Starts every service on the stack of this run (addresses in the environment). All files of a run
 * are one deployment, with one database, one set of groups and one set of keys: each file starts it
 * again and stops it at its end.
 * @param options `processes: true` runs one process per service; `env` is what each gets besides;
 *   `allowedPorts` are those of callbacks to public addresses, none of which any test calls
 */
export async function startWorld(
  options: Pick<WorldOptions, 'processes' | 'groups' | 'env' | 'tools' | 'allowedPorts'> = {},
): Promise<TestWorld> {
  const stops: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const act of stops.splice(0).reverse()) await act()
  }
  try {
    const brokers = variable('KAFKA_BROKERS').split(',')
    const kafka = new Kafka({ clientId: 'e2e', brokers, logLevel: logLevel.NOTHING })
    const codec = openCodec({ url: variable('SCHEMA_REGISTRY_URL') })
    const receiver = await startReceiver()
    stops.push(() => receiver.stop())
    const admin = kafka.admin()
    const producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    })
    await Promise.all([
      admin.connect(),
      producer.connect(),
      codec.ready(['work-order.submitted', 'result.produced']),
    ])
    stops.push(
      () => admin.disconnect(),
      () => producer.disconnect(),
    )
    const listener = await startListener(kafka, codec)
    stops.push(() => listener.stop())
    const services = await startServicesOnFreePorts({
      dir: variable('E2E_DIR'),
      source: 'addresses',
      logLevel: 'debug',
      allowedNetworks: ['127.0.0.1/32'],
      allowedPorts: [receiver.port],
      ...options,
      // what is settled is asked often here, and waits for what is held; bursts are no overload
      env: { SAVE_WITHIN_MS: '200', INTAKE_MAX_WAIT_SECONDS: '3600', ...options.env },
    })
    stops.push(() => services.stop())
    const isOverloaded = options.env?.INTAKE_MAX_WAIT_SECONDS !== undefined
    const parts = { services, kafka, admin, producer, codec, receiver, listener, stop }
    return toolkit({ ...parts, isOverloaded })
  } catch (error) {
    await stop()
    throw error
  }
}

/** Between finding a port free and taking it, somebody else may be quicker. */
async function startServicesOnFreePorts(options: WorldOptions): Promise<World> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startServices({ portOffset: randomInt(10, 250) * 100, ...options })
    } catch (error) {
      // of a process it is only known that it ended
      if (tries === 5 || !/EADDRINUSE|ended while starting/.test(String(error))) throw error
    }
  }
}

interface Parts
  extends Pick<
    TestWorld,
    'services' | 'kafka' | 'admin' | 'producer' | 'codec' | 'receiver' | 'stop'
  > {
  listener: Listener
  /** Whether the test asks for a door that sheds. */
  isOverloaded: boolean
}

function toolkit({ listener, ...parts }: Parts): TestWorld {
  const { services, admin, producer, codec, receiver } = parts
  const url = (service: string) => {
    const found = services.urls.get(service)
    if (!found) throw new Error(`no service ${service}: ${[...services.urls.keys()]}`)
    return found
  }
  const ask = async (address: string, init: RequestInit = {}): Promise<DoorAnswer> => {
    const answer = await fetch(address, init)
    const body: unknown = await answer.json()
    // every answer of the product is a JSON object
    return { status: answer.status, body: body as DoorAnswer['body'] }
  }
  const say = async (address: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' }
    const said = await ask(address, { method: 'POST', headers, body: JSON.stringify(body) })
    if (said.status >= 300) throw new Error(`${address}: ${JSON.stringify(said)}`)
    return said.body
  }
  const known = (address: string) =>
    until(address, async () => {
      const { status, body } = await ask(address)
      return status === 200 ? body : undefined
    })

  async function fund(account: string, credits: number, reference?: string) {
    const terms = {
      credits,
      settlement_provider: 'manual_invoice',
      ...(reference && { reference }),
    }
    const { settlement_id } = await say(`${url('receipt')}/v1/accounts/${account}/funding`, terms)
    const receipt: unknown = await known(`${url('receipt')}/v1/settlements/${settlement_id}`)
    // receipt answers the link
    return receipt as SettlementReceiptLink
  }

  async function publishRaw(message: RawMessage): Promise<Place> {
    const [put] = await producer.send({ topic: INTAKE, acks: -1, messages: [message] })
    if (put?.baseOffset === undefined) throw new Error('the broker did not say where')
    return { topic: INTAKE, partition: put.partition, offset: put.baseOffset }
  }

  return {
    ...parts,
    url,
    until,
    fund,
    publishRaw,
    async newAgent(label, { credits = CREDITS, callbacks = receiver.address(), tools } = {}) {
      const agent = makeAgent(label, callbacks.url)
      const { kty, crv, x } = agent.keys.publicJwk
      await say(`${url('intake')}/v1/agents`, {
        agent_id: agent.id,
        public_key: { kty, crv, x },
        proof: proveKey(agent.id, agent.keys.privateJwk),
        ...(tools ? { tools } : {}),
      })
      const [{ secret }, registered] = await Promise.all([
        say(`${url('callback')}/v1/agents/${agent.id}/webhook-secret`, {}),
        known(`${url('intake')}/v1/agents/${agent.id}`),
      ])
      const account = String(registered.account)
      if (credits > 0) await fund(account, credits)
      return { ...agent, account, callbacks, secret: String(secret) }
    },
    publish: (order, key = order.object.work_order_id) =>
      publishRaw({ key, value: codec.encode('work-order.submitted', order) }),
    async post(body) {
      const post = () =>
        ask(`${url('intake')}/v1/work-orders`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body:
            typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
        })
      if (parts.isOverloaded) return post()
      // A service that starts behind sheds until it has caught up.
      return until('the door to be open', async () => {
        const answer = await post()
        return answer.status === 429 ? undefined : answer
      })
    },
    get: (service, path) => ask(`${url(service)}${path}`),
    trailOf: (id, revision) => fetchVerified(url('attestation'), id, revision),
    heard: listener.heard,
    parked(matches, patienceMs) {
      const wanted = typeof matches === 'function' ? matches : isAt(matches)
      return until(
        `parked message ${typeof matches === 'function' ? '' : JSON.stringify(matches)}`,
        () => [...parkedBy(listener)].find((value) => wanted(value)),
        patienceMs,
      )
    },
    settle: (patienceMs) => settled(admin, patienceMs),
  }
}

/** What services set aside, and what executors say that they did. */
function* parkedBy(listener: Listener): Iterable<Parked> {
  for (const { value } of listener.heard('parked')) yield value
  for (const { value } of listener.heard('tool.parked')) {
    const { tool: service, key_id: _, signature: __, ...said } = value
    yield { service, ...said }
  }
}

function isAt({ topic, partition, offset }: Place): (parked: Parked) => boolean {
  return (parked) =>
    parked.topic === topic && parked.partition === partition && parked.offset === offset
}

function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run with the e2e project`)
  return value
}
