import {
  CALLBACK_STATUS,
  type CallbackDelivery,
  EXECUTION_MODES,
  type Facts,
  RESULT_STATUS,
} from '@prooftrail/contracts'
import { withOpened, withResolved } from './exceptions.ts'
import type { Progress, RunInput, RunState, State, ToolInput, ToolState } from './state.ts'

/**
 * What a run's page learns from one fact. Every merge here commutes and says nothing twice: of two
 * tellings of one thing the newer counts, by the times and numbers in them.
 */
export function learn(state: RunState, input: RunInput): RunState {
  const facts = (more: Partial<Facts>): Facts => ({ ...state.facts, ...more })
  switch (input.type) {
    case 'work-order.accepted': {
      const { order, task_token, pins, accepted_at } = input.data.accepted
      const { callback_url } = pins
      return {
        ...state,
        ...orderOf(order.object),
        task_token,
        ...pilotOf(order.object, pins.pilot_id),
        pinned: {
          manifest_version: pins.manifest_version,
          proof_trail: pins.proof_trail,
          price: pins.price,
          max_attempts: pins.limits.max_attempts,
          callback_policy: pins.callback_policy,
          ...(callback_url === undefined ? {} : { callback_url }),
          allow_replay: Object(order.object.pilot_controls).allow_replay !== false,
        },
        facts: facts({ accepted_at, ...modeOf(order.object.execution_mode) }),
      }
    }
    case 'work-order.rejected': {
      const { order, decision, task_token } = input.data
      return {
        ...state,
        ...orderOf(order.object),
        task_token,
        reasons: decision.object.reasons,
        facts: facts({
          rejected_at: decision.object.issued_at,
          ...modeOf(order.object.execution_mode),
        }),
      }
    }
    case 'credits.held': {
      const { hold, settlement_receipt } = input.data
      return {
        ...state,
        ...(settlement_receipt === undefined
          ? {}
          : { settlement_receipt: settlement_receipt.object }),
        facts: facts({
          held_at: hold.held_at,
          ...(settlement_receipt === undefined ? {} : { settlement_linked: true }),
        }),
      }
    }
    case 'execution.bound': {
      const { attempt, bound_at, binding_id, ids } = input.data.binding
      const others = state.bound.filter((one) => one.attempt !== attempt)
      const bound = [...others, { attempt, bound_at }].sort((a, b) => a.attempt - b.attempt)
      const isNewest = bound.at(-1)?.attempt === attempt
      return {
        ...state,
        bound,
        binding_id,
        ...(isNewest ? { ids } : {}),
        facts: facts({ bound_at: bound.map((one) => one.bound_at) }),
      }
    }
    case 'execution.progressed': {
      const progress = withProgress(state.progress, input.data)
      const started_at = progress.map(({ first }) => first.at).reduce(earlier)
      return { ...state, progress, facts: facts({ started_at }) }
    }
    case 'result.accepted': {
      const { object } = input.data.result_contract
      if (state.result_contract && state.result_contract.issued_at > object.issued_at) return state
      return {
        ...state,
        result_contract: object,
        result_attempt: input.data.attempt,
        facts: facts({
          result_issued_at: object.issued_at,
          ...known('result_status', object.result_status, RESULT_STATUS),
        }),
      }
    }
    case 'usage-receipt.issued': {
      const { object } = input.data.usage_receipt
      if (state.usage_receipt && state.usage_receipt.issued_at > object.issued_at) return state
      return {
        ...state,
        usage_receipt: object,
        facts: facts({ usage_receipt_at: object.issued_at }),
      }
    }
    case 'callback.attempted':
      return learnCallback(state, input.data.object)
    case 'exception.opened':
      return withOpened(state, input.data.object)
    case 'exception.resolved':
      return withResolved(state, input.data)
    case 'ledger.appended': {
      const others = state.ledger.filter(
        (one) => one.object.revision !== input.data.object.revision,
      )
      const ledger = [...others, input.data].sort((a, b) => a.object.revision - b.object.revision)
      return { ...state, ledger }
    }
    case 'trail.attested': {
      const others = state.sealed.filter((one) => one.revision !== input.data.revision)
      const { work_order_id: _id, task_token: _token, ...seal } = input.data
      const sealed = [...others, seal].sort((a, b) => a.revision - b.revision)
      const sealed_at = sealed.map(({ issued_at }) => issued_at).reduce(earlier)
      return { ...state, sealed, facts: facts({ sealed_at }) }
    }
  }
}

/** A tool's versions with the names of their steps; the registration of the highest revision. */
export function learnTool(state: State, { data }: ToolInput): ToolState {
  if (state.status === 'tool' && state.revision > data.revision) return state
  const versions = data.versions.map(({ version, manifest }) => {
    const { title, steps } = Object(manifest)
    return {
      version,
      ...(typeof title === 'string' ? { title } : {}),
      steps: Array.isArray(steps) ? steps.map(String) : [],
    }
  })
  return { status: 'tool', tool: data.tool, revision: data.revision, versions }
}

/** A pilot's id: the pinned one, else the order's, else the one that every tool's first pilot has. */
function pilotOf(
  order: { execution_mode: string; requested_tool: string; pilot_id?: string },
  pinned: string | undefined,
): { pilot_id?: string } {
  if (order.execution_mode !== 'controlled_pilot') return {}
  return {
    pilot_id: pinned ?? order.pilot_id ?? `${order.requested_tool}_controlled_pilot_001`,
  }
}

function orderOf(order: {
  agent_id: string
  requested_tool: string
  requested_capability: string
  execution_mode: string
  issued_at: string
}): Partial<RunState> {
  const { agent_id, requested_tool, requested_capability, execution_mode, issued_at } = order
  return {
    agent_id,
    requested_tool,
    requested_capability,
    execution_mode,
    ordered_at: issued_at,
  }
}

function learnCallback(state: RunState, said: CallbackDelivery): RunState {
  const { callback_status, issued_at, attempt } = said
  const { callback_first_attempt_at, callback_delivered_at, callback_parked_at } = state.facts
  const newer = isNewer(said, state.callback) ? said : (state.callback ?? said)
  const tried = attempt > 0 && callback_status !== 'ready'
  return {
    ...state,
    callback: newer,
    facts: {
      ...state.facts,
      ...known('callback_status', newer.callback_status, CALLBACK_STATUS),
      ...(tried
        ? { callback_first_attempt_at: earlier(callback_first_attempt_at ?? issued_at, issued_at) }
        : {}),
      ...(callback_status === 'delivered'
        ? { callback_delivered_at: earlier(callback_delivered_at ?? issued_at, issued_at) }
        : {}),
      ...(callback_status === 'parked'
        ? { callback_parked_at: earlier(callback_parked_at ?? issued_at, issued_at) }
        : {}),
    },
  }
}

function isNewer(said: CallbackDelivery, than: CallbackDelivery | undefined): boolean {
  if (!than || said.attempt !== than.attempt) return !than || said.attempt > than.attempt
  return said.issued_at >= than.issued_at
}

function withProgress(
  progress: readonly Progress[],
  said: {
    attempt: number
    sequence: number
    at: string
    state: string
    percent?: number
    note?: string
  },
): Progress[] {
  const { attempt, sequence, at, state, percent, note } = said
  const before = progress.find((one) => one.attempt === attempt)
  const latest = {
    sequence,
    at,
    state,
    ...(percent === undefined ? {} : { percent }),
    ...(note === undefined ? {} : { note }),
  }
  const own: Progress = {
    attempt,
    first: before && before.first.sequence <= sequence ? before.first : { sequence, at },
    latest: before && before.latest.sequence >= sequence ? before.latest : latest,
  }
  const others = progress.filter((one) => one.attempt !== attempt)
  return [...others, own].sort((a, b) => a.attempt - b.attempt)
}

function modeOf(mode: string): Pick<Facts, 'execution_mode'> {
  return known('execution_mode', mode, EXECUTION_MODES)
}

/** A value of a closed list as a fact; a value that this version does not know is no fact. */
function known<N extends string, V extends string>(
  name: N,
  value: string,
  list: readonly V[],
): { [K in N]?: V } {
  const found = list.find((one) => one === value)
  const fact: { [K in N]?: V } = {}
  if (found !== undefined) fact[name] = found
  return fact
}

function earlier(one: string, other: string): string {
  return one < other ? one : other
}
