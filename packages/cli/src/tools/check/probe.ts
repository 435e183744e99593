import type { Manifest } from '@prooftrail/contracts'
import type { Command, Execute, Tool } from '@prooftrail/executor-sdk'
import { thumbprint } from '@prooftrail/trail'

/**
 * The tool under check, run under a name of its own, so that no agent's order meets it: the same
 * function and evidence, with a heartbeat and a time limit that can be waited for.
 * @param key the suite's own public key: another owner gets another name
 * @param now epoch milliseconds; a later check is a later version
 * @param slowestMs what the slowest case took
 */
export function probeManifest(
  manifest: Manifest,
  key: { x: string },
  now: number,
  slowestMs: number,
): Manifest {
  const second = Math.floor(now / 1000)
  const owner = thumbprint(key)
  const tool = `check-${manifest.tool.slice(0, 25)}-${owner
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '0')
    .slice(0, 8)}`
  return {
    ...manifest,
    tool,
    version: `0.${Math.floor(second / 86_400)}.${second % 86_400}`,
    title: `${manifest.title} (conformance suite)`,
    pilot_id: `${tool}_controlled_pilot_001`,
    limits: {
      heartbeat_seconds: 1,
      deadline_seconds: Math.max(LIMIT_SECONDS, Math.ceil((3 * slowestMs) / 1000)),
      max_attempts: 2,
    },
  }
}

/** Longer than the ten seconds that a process which stops gives its runs, short enough to wait for. */
const LIMIT_SECONDS = 14

/** What the probe does with an order before the tool's own function. */
export type Plan = 'plain' | 'throws' | 'beats' | 'hangs-once' | 'hangs-until-stopped'

export interface Probe {
  execute: Execute
  plan(workOrderId: string, plan: Plan): void
  /** Runs begun so far. */
  runs(workOrderId: string): number
  /** Resolves when the first run of the order has begun. */
  begun(workOrderId: string): Promise<void>
  /** Whether a run of the order was told by its signal to end. */
  aborted(workOrderId: string): boolean
  /** Lets what waits go on: the second attempt after a hang, the run that beats. */
  release(workOrderId: string): void
}

export function makeProbe({ manifest, execute }: Tool): Probe {
  const plans = new Map<string, Plan>()
  const tried = new Set<string>()
  const runs = new Map<string, number>()
  const aborted = new Set<string>()
  const begun = makeSignals()
  const released = makeSignals()

  /** Never resolves: the SDK ends the run when the signal says so. */
  const hang = (id: string, signal: AbortSignal) =>
    new Promise<never>(() => {
      signal.addEventListener('abort', () => aborted.add(id), { once: true })
    })

  /** A tool without effects is tried before its run is announced: what waits or fails waits for that. */
  const isTriedAtOnce = ({ tool_command_id }: Command) => {
    const isFirst = manifest.effects === 'none' && !tried.has(tool_command_id)
    tried.add(tool_command_id)
    return isFirst
  }

  return {
    async execute(command, context) {
      const id = command.work_order_id
      const plan = plans.get(id)
      if (plan !== 'plain' && isTriedAtOnce(command)) throw new Error('left to an announced run')
      const run = (runs.get(id) ?? 0) + 1
      runs.set(id, run)
      begun.give(id)
      if (plan === 'throws') throw new Error('thrown by the conformance suite')
      if (plan === 'hangs-once' && command.attempt === 1) await hang(id, context.signal)
      if (plan === 'hangs-until-stopped' && run === 1) await hang(id, context.signal)
      if (plan === 'hangs-once' || plan === 'beats') await released.of(id)
      return execute({ ...command, manifest_version: manifest.version }, context)
    },
    plan: (id, plan) => void plans.set(id, plan),
    runs: (id) => runs.get(id) ?? 0,
    begun: (id) => begun.of(id),
    aborted: (id) => aborted.has(id),
    release: (id) => released.give(id),
  }
}

/** Promises by name that somebody else resolves. */
function makeSignals() {
  const all = new Map<string, { promise: Promise<void>; resolve: () => void }>()
  const one = (name: string) => {
    const known = all.get(name)
    if (known) return known
    let resolve = () => {}
    const promise = new Promise<void>((done) => {
      resolve = done
    })
    const made = { promise, resolve }
    all.set(name, made)
    return made
  }
  return { of: (name: string) => one(name).promise, give: (name: string) => one(name).resolve() }
}
