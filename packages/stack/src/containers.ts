import { access } from 'node:fs/promises'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { StackAddresses } from './addresses.ts'
import { choosePorts, drawPorts, isPortFree } from './embedded/ports.ts'
import type { OnProgress } from './progress.ts'

/** The same versions as the embedded servers where there is an image. */
const IMAGES = {
  kafka: 'apache/kafka:4.1.0',
  registry: 'apicurio/apicurio-registry:3.0.9',
  mongodb: 'mongo:7',
} as const

/** Finds a container engine that answers; undefined when there is none. Takes a second at most. */
export async function findEngine(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (env.DOCKER_HOST) {
    const remote = parseDockerHost(env.DOCKER_HOST)
    return remote && (await answers(remote)) ? env.DOCKER_HOST : undefined
  }
  const sockets = [
    '/var/run/docker.sock',
    join(env.HOME || homedir(), '.docker', 'run', 'docker.sock'),
  ]
  for (const path of sockets) {
    if ((await exists(path)) && (await answers({ path }))) return path
  }
  return undefined
}

/** What to connect to for a `DOCKER_HOST`; undefined for a form that this does not know. */
export function parseDockerHost(
  value: string,
): { path: string } | { host: string; port: number } | undefined {
  if (value.startsWith('unix://')) return { path: value.slice('unix://'.length) }
  const [, host, port] = /^(?:tcp|https?):\/\/([^:/]+):(\d+)\/?$/.exec(value) ?? []
  return host && port ? { host, port: Number(port) } : undefined
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function answers(where: { path: string } | { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...where, timeout: 1_000 })
    const answer = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => answer(true))
    socket.once('timeout', () => answer(false))
    socket.once('error', () => answer(false))
  })
}

/** Starts the three servers as containers, which are removed with everything they hold at stop. */
export async function startContainers(
  onProgress: OnProgress,
): Promise<StackAddresses & { source: 'containers'; stop(): Promise<void> }> {
  const { GenericContainer, Wait } = await import('testcontainers')
  // the broker tells clients its address, so its port outside must be known before it starts
  const { ports } = await choosePorts(drawPorts(Math.random), {}, isPortFree)
  onProgress({
    part: 'download',
    message: 'starting containers; images are fetched if they are not there yet',
  })

  const kafka = new GenericContainer(IMAGES.kafka)
    .withExposedPorts({ container: 9092, host: ports.kafka })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${ports.kafka}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_MESSAGE_MAX_BYTES: `${9 << 20}`,
      KAFKA_LOG_RETENTION_MS: '-1',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
  const registry = new GenericContainer(IMAGES.registry)
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
  const mongodb = new GenericContainer(IMAGES.mongodb)
    .withExposedPorts(27_017)
    .withWaitStrategy(Wait.forLogMessage(/Waiting for connections/))

  const starting = [kafka.start(), registry.start(), mongodb.start()] as const
  const stop = async () => {
    const settled = await Promise.allSettled(starting)
    await Promise.all(
      settled.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)),
    )
  }
  try {
    const [, registryBox, mongoBox] = await Promise.all(starting)
    const mongoUrl = `mongodb://${mongoBox.getHost()}:${mongoBox.getMappedPort(27_017)}/?directConnection=true`
    return {
      source: 'containers',
      kafka: { brokers: [`127.0.0.1:${ports.kafka}`] },
      registry: {
        url: `http://${registryBox.getHost()}:${registryBox.getMappedPort(8080)}/apis/ccompat/v7`,
      },
      mongodb: { url: mongoUrl, kind: 'container', standIn: false },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
