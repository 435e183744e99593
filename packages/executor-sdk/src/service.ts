import { checkManifest, type Manifest } from '@prooftrail/contracts'
import {
  aboutDocument,
  aboutEffect,
  type Basics,
  type DefinitionOf,
  defineService,
  type Host,
  type Measured,
  type Opened,
  type Pair,
  produce,
  type Running,
  runService,
} from '@prooftrail/runtime'
import { Link, type SigningKey } from '@prooftrail/trail'
import { signRecord } from '@prooftrail/trail/encoding'
import { makeAnnouncement } from './announce.ts'
import { makeConcurrencyLimit } from './concurrency-limit.ts'
import {
  documentOfCommand,
  onDue,
  onExecutionCommanded,
  onRunFailed,
  onRunFinished,
  onRunProgressed,
} from './decide.ts'
import { due, evolve } from './evolve.ts'
import { makeHeartbeats } from './heartbeats.ts'
import { beatMs } from './lease.ts'
import { measureWith } from './measure.ts'
import { metrics as table } from './metric-table.ts'
import { makeRunsAtOnce } from './run-at-once.ts'
import { effectOf, outcomeInput, type RunEffect, runTool } from './run-tool.ts'
import {
  documentOf,
  type Executor,
  type ExecutorEvent,
  type ExecutorInput,
  type State,
  type Tools,
} from './state.ts'
import { type Command, type Execute, logAbout } from './tool.ts'
import { ToolError } from './tool-error.ts'

/** Throws ToolError unless the manifest is well-formed and the key is the tool's. */
export function checkTool(manifest: Manifest, key: SigningKey): void {
  const faults = checkManifest(manifest).map((fault) => `${fault.path} ${fault.detail}`)
  if (key.party !== manifest.tool) faults.push(`the key is ${key.party}'s`)
  if (!key.roles.includes('executor')) faults.push('the key may not sign as executor')
  if (faults.length > 0) throw new ToolError(`${manifest.tool}@${manifest.version}`, faults)
}

/** The service of one tool version. */
export function defineExecutor(manifest: Manifest): DefinitionOf<Executor> {
  const { tool, version } = manifest
  return defineService<Executor>({
    name: tool,
    group: `prooftrail.${tool}@${version}`,
    collection: `${tool}_executions`,
    tool,
    initial: { status: 'absent' },
    keyCode: 'PT-3001',
    on: {
      'execution.commanded': {
        creates: true,
        document: (data) => documentOfCommand(manifest, data),
        decide: (...given) => onExecutionCommanded(manifest, ...given),
      },
      'run.progressed': {
        sequenced: true,
        decide: (...given) => onRunProgressed(manifest, ...given),
      },
      'run.finished': { decide: (...given) => onRunFinished(manifest, ...given) },
      'run.failed': { decide: (...given) => onRunFailed(manifest, ...given) },
      due: { decide: (...given) => onDue(manifest, ...given) },
    },
    emits: {
      'execution.progressed': 'decide',
      'result.produced': 'decide',
      'tool.announced': 'door',
    },
    prepare: async (wave, { sign, signProgress, heartbeats, atOnce }) => ({
      ...{ sign, signProgress },
      now: new Date().toISOString(),
      isInHand: (doc) => heartbeats.has(doc),
      concluded: await atOnce.conclude(commandsToBegin(wave)),
    }),
    parks: (
      { service: _, first_digest: __, position: ___, party: ____, ...parked },
      { signParked },
    ) => ({
      type: 'tool.parked',
      data: signParked({ tool, ...parked }),
    }),
    evolve: (state, event) => evolve(manifest, state, event),
    due,
    rests: ({ status }) => status === 'produced' || status === 'abandoned',
    effect: {
      of: effectOf,
      // every run that was announced is taken in hand at once, and beats while it waits its turn
      concurrency: Number.POSITIVE_INFINITY,
      // `of` makes no other effect
      run: (effect, stopping, tools) => run(manifest, effect as RunEffect, stopping, tools),
    },
  })
}

/** Commands of a wave that nothing was done about yet. */
function commandsToBegin(wave: readonly Pair<State, ExecutorInput>[]): Command[] {
  return wave.flatMap(({ state, input }) =>
    state.status === 'absent' && input.type === 'execution.commanded' ? [input.data.object] : [],
  )
}

async function run(
  manifest: Manifest,
  effect: RunEffect,
  stopping: AbortSignal,
  { execute, heartbeats, limit, log }: Tools,
): Promise<ExecutorInput> {
  const { command } = effect.job
  const document = documentOf(command)
  const inHand = heartbeats.take(document, effect.run)
  try {
    const tool = { manifest, execute, log: logAbout(log, aboutEffect(document, effect)) }
    const outcome = await runTool(tool, command, stopping, inHand.note, limit)
    return outcomeInput(effect, outcome, new Date().toISOString())
  } finally {
    inHand.release()
  }
}

/** How one process runs a tool. */
export interface StartOptions {
  manifest: Manifest
  execute: Execute
  /** The tool's own: party = the tool, role executor. */
  key: SigningKey
  port: number
  /** Runs at a time in this process; what waits for its turn is in hand all the same. Default 64. */
  concurrency?: number
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
  const { manifest, key, port } = options
  checkTool(manifest, key)
  return runService(host, defineExecutor(manifest), {
    port,
    open: (basics) => open(basics, options),
  })
}

function open(
  { host, submit, ...basics }: Basics<State, ExecutorInput>,
  options: StartOptions,
): Opened<Tools, Measured<State, ExecutorInput, ExecutorEvent>> {
  const { manifest, execute, key, concurrency = 64 } = options
  const log = basics.log.child({ version: manifest.version })
  const heartbeats = makeHeartbeats(beatMs(manifest.limits))
  return {
    tools: {
      ...{ execute, heartbeats, log },
      atOnce: makeRunsAtOnce({ manifest, execute, log }),
      sign: (kind, object, after) => Link.sign(kind, object, after, key),
      signProgress: (said) => signRecord({ ...said, key_id: key.key_id }, key.privateKey),
      signParked: (said) => signRecord({ ...said, key_id: key.key_id }, key.privateKey),
      limit: makeConcurrencyLimit(concurrency),
    },
    measure: measureWith(basics.metrics(table)),
    async start() {
      heartbeats.start((doc, run, note) => {
        const at = new Date().toISOString()
        const data = { run, ...note }
        const input = { id: `beat:${doc}/${run}/${at}`, type: 'run.progressed', at, data } as const
        submit(doc, input).catch((err: unknown) =>
          log.warn({ err, ...aboutDocument(doc) }, 'beat lost'),
        )
      })
      await announce(host, options, log)
      return { stop: async () => undefined }
    },
    close: async () => heartbeats.stop(),
  }
}

async function announce(
  host: Host,
  options: StartOptions,
  log: Basics<State, ExecutorInput>['log'],
): Promise<void> {
  const { manifest, key, announce = true } = options
  const how = announce ? standingOf(options) : undefined
  if (how) {
    const announced_at = new Date().toISOString()
    const value = makeAnnouncement(manifest, key, { announced_at, ...how })
    await host.starting.step('kafka (its announcement)', () =>
      produce(host, manifest.tool, 'tool.announced', value),
    )
    log.info(how, 'announced')
  } else if (announce) {
    log.warn({}, 'not announced: the folder holds no record of a passed conformance suite')
  }
}

/** How a version is announced; undefined where it may not be. */
function standingOf({ checked, forced }: StartOptions) {
  if (checked) return { checked: true } as const
  return forced ? ({ forced: true } as const) : undefined
}
