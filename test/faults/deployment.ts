import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deploySchemas } from '@prooftrail/cli'
import { type Stack, startStack } from '@prooftrail/stack'
import { startWorld, type TestWorld } from '../world.ts'
import { type CheckpointWatch, watchCheckpoints } from './checkpoint-watch.ts'
import { type Journal, makeJournal } from './journal.ts'
import { makeSabotage, type Sabotage } from './sabotage.ts'
import { type ServiceProcesses, serviceProcesses } from './service-processes.ts'
import { startTraffic, type Traffic } from './traffic.ts'

/** One process per service, each of which can be killed, paused and broken, with orders under way. */
export interface Deployment {
  world: TestWorld
  processes: ServiceProcesses
  sabotage: Sabotage
  traffic: Traffic
  journal: Journal
  checkpoints: CheckpointWatch
  /** Whether nobody else uses its servers. */
  isAlone: boolean
  /** Every service's name. */
  services: readonly string[]
  /** The servers; @throws where the stack is not this run's own */
  servers(): NonNullable<Stack['parts']>
  /** When it was there: RFC 3339. */
  begun: string
  /** Parked messages that a scenario brought about, as `<topic>/<partition>/<offset>`. */
  expectedParked: Set<string>
  stop(): Promise<void>
}

/**
 * The group waits this long for a member that is gone; 12 s in production. A shorter session makes
 * the same take-overs happen, sooner.
 */
const SESSION_MS = 6_000
/** Ten attempts within half a minute instead of 75 hours. */
const GAPS_SECONDS = '1,1,1,2,2,2,3,3,3'
const PARTITIONS = 4

export interface DeploymentOptions {
  /** Starts Kafka, registry and MongoDB too, so that they can be broken. */
  ownServers: boolean
  /** Of three brokers. */
  cluster?: boolean
}

export async function openDeployment({
  ownServers,
  cluster = false,
}: DeploymentOptions): Promise<Deployment> {
  const stops: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const act of stops.splice(0).reverse()) await act()
  }
  try {
    const dir = mkdtempSync(join(tmpdir(), 'prooftrail-faults-'))
    stops.push(async () => rmSync(dir, { recursive: true, force: true }))
    const stack = ownServers
      ? await startStack({ ephemeral: true, source: 'embedded', cluster })
      : undefined
    if (stack) {
      stops.push(() => stack.stop())
      await deploySchemas(stack, PARTITIONS, [])
      announce(stack, dir)
    }
    const sabotage = makeSabotage(join(dir, 'sabotage'), SESSION_MS)
    // held as long as in production, where most can be lost of it
    const env = {
      ...sabotage.env,
      CALLBACK_GAPS_SECONDS: GAPS_SECONDS,
      SAVE_WITHIN_MS: '3000',
    }
    const world = await startWorld({ processes: true, env })
    stops.push(() => world.stop())
    const processes = serviceProcesses(world)
    stops.push(() => processes.stop())
    const checkpoints = watchCheckpoints(world.url('attestation'))
    stops.push(() => checkpoints.stop())
    return {
      ...{ world, processes, sabotage, checkpoints, stop, isAlone: ownServers },
      journal: makeJournal(),
      traffic: await startTraffic(world),
      services: [...world.services.urls.keys()],
      servers() {
        if (!stack?.parts) throw new Error('the servers are not this run’s own')
        return stack.parts
      },
      begun: new Date().toISOString(),
      expectedParked: new Set(),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The world finds it by the environment, as it finds any other. */
function announce(stack: Stack, dir: string): void {
  process.env.KAFKA_BROKERS = stack.kafka.brokers.join(',')
  process.env.SCHEMA_REGISTRY_URL = stack.registry.url
  process.env.MONGODB_URL = stack.mongodb.url
  process.env.MONGODB_STAND_IN = stack.mongodb.standIn ? '1' : '0'
  process.env.E2E_DIR = dir
}
