import { checkManifest, type Manifest } from '@prooftrail/contracts'
import {
  type Effect,
  type Host,
  produce,
  type Running,
  runService,
  type Service,
} from '@prooftrail/runtime'
import { type SigningKey, signOnce } from '@prooftrail/trail'
import { makeAnnouncement } from './announce.ts'
import { beatMs, decide, dueAt, evolve, route } from './decide.ts'
import { makeGate } from './gate.ts'
import { type Heart, startHeart } from './heart.ts'
import { effectOf, outcomeInput, type RunEffect, runTool } from './run-tool.ts'
import type { DecideContext, ExecutorEvent, ExecutorInput, State } from './state.ts'
import { documentOf } from './state.ts'
import type { Execute, Log } from './tool.ts'

/** The service of one tool version. */
export type ExecutorService = Service<State, ExecutorInput, ExecutorEvent, DecideContext>

export interface ExecutorOptions {
  manifest: Manifest
  execute: Execute
  /** The tool's own: party = the tool, role executor. */
  key: SigningKey
  /** Runs at a time in this process; what waits for its turn is in hand all the same. Default 64. */
  concurrency?: number
}

/** A tool, version, key or folder that cannot be run; names every fault. */
export class ToolError extends Error {
  override name = 'ToolError'
  code = 'PT-3008'
  faults: readonly string[]

  constructor(what: string, faults: readonly string[]) {
    super(`${what}: ${faults.join('; ')}`)
    this.faults = faults
  }
}

/** Throws ToolError unless the manifest is well-formed and the key is the tool's. */
export function checkTool(manifest: Manifest, key: SigningKey): void {
  const faults = checkManifest(manifest).map((fault) => `${fault.path} ${fault.detail}`)
  if (key.party !== manifest.tool) faults.push(`the key is ${key.party}'s`)
  if (!key.roles.includes('executor')) faults.push('the key may not sign as executor')
  if (faults.length > 0) throw new ToolError(`${manifest.tool}@${manifest.version}`, faults)
}

/** The executor of a tool as data and pure functions; `heart` knows the runs that are in hand. */
export function makeExecutor(
  { manifest, execute, key, concurrency = 64 }: ExecutorOptions,
  heart: Heart,
  log: Log,
): ExecutorService {
  const gate = makeGate(concurrency)
  const { tool, version } = manifest
  return {
    name: tool,
    group: `prooftrail.${tool}@${version}`,
    collection: `${tool}_executions`,
    consumes: ['execution.commanded'],
    writes: ['result.produced', 'execution.progressed', 'tool.announced'],
    tool,
    initial: { status: 'absent' },
    unseen: ['run.progressed'],
    route: (input) => route(manifest, input),
    creates: (input) => input.type === 'execution.commanded',
    prepare: async () => ({
      sign: (name, object, after) => signOnce(name, object, after, key),
      now: new Date().toISOString(),
      isInHand: (doc) => heart.has(doc),
    }),
    decide: (state, input, context) => decide(manifest, state, input, context),
    evolve: (state, event) => evolve(manifest, state, event),
    due: dueAt,
    effect: {
      of: effectOf,
      // every run that was announced is taken in hand at once, and beats while it waits its turn
      concurrency: Number.POSITIVE_INFINITY,
      async run(effect: Effect, stopping: AbortSignal) {
        // `of` makes no other effect
        const { job, run, id } = effect as RunEffect
        const inHand = heart.take(documentOf(job.command), run)
        try {
          const outcome = await runTool(
            { manifest, execute, log },
            job.command,
            stopping,
            (note) => inHand.say(note),
            gate,
          )
          return outcomeInput({ id, job, run }, outcome, new Date().toISOString())
        } finally {
          inHand.release()
        }
      },
    },
  }
}

/** How one process runs a tool. */
export interface StartOptions extends ExecutorOptions {
  port: number
  /** False where a deploy step announces. Default true. */
  announce?: boolean
  /** Passed its conformance suite; said in the announcement. */
  checked?: boolean
  /** Announces what did not pass too, and says so. */
  forced?: boolean
}

/**
 * Announces the tool and serves its commands; the command topic and its schema exist already.
 * What neither passed its suite nor is forced is served without being announced: orders take it
 * only if somebody else has announced it. Announcing again what is registered changes nothing.
 * @throws ToolError for a wrong manifest or key
 */
export async function startExecutor(host: Host, options: StartOptions): Promise<Running> {
  const { manifest, key, port, announce = true } = options
  checkTool(manifest, key)
  const log = host.log.child({ service: manifest.tool, version: manifest.version })
  let running: Running | undefined
  const heart = startHeart(beatMs(manifest.limits), (doc, run, note) => {
    const at = new Date().toISOString()
    const input = {
      id: `beat:${doc}/${run}/${at}`,
      type: 'run.progressed',
      at,
      data: { run, ...note },
    }
    running?.submit(doc, input).catch((err: unknown) => log.warn({ err, doc }, 'beat lost'))
  })
  try {
    running = await runService(host, makeExecutor(options, heart, log), { port })
  } catch (error) {
    heart.stop()
    throw error
  }
  const said = announce ? wordsOf(options) : undefined
  if (said) {
    const announced_at = new Date().toISOString()
    const value = makeAnnouncement(manifest, key, { announced_at, ...said })
    await produce(host, manifest.tool, 'tool.announced', value)
    log.info(said, 'announced')
  } else if (announce) {
    log.warn({}, 'not announced: the folder holds no record of a passed conformance suite')
  }
  const { stop, ...rest } = running
  return {
    ...rest,
    async stop() {
      await stop()
      heart.stop()
    },
  }
}

/** How a version is announced; undefined where it may not be. */
function wordsOf({ checked, forced }: StartOptions) {
  if (checked) return { checked: true } as const
  return forced ? ({ forced: true } as const) : undefined
}
