import { type Command, Exact, type Money } from '@prooftrail/executor-sdk'

/** What the order asks to be compared; everything, where it does not say. */
export interface Scope {
  check_amounts: boolean
  check_currency: boolean
  check_counterparty: boolean
  map_receipts: boolean
  /** False leaves the list of exceptions out; what was found still decides. */
  identify_exceptions: boolean
  /** Absolute, in the currency compared; zero unless the scope gives one. */
  tolerance: Money
  stale_after_days?: number
}

/** Reads workflow_context.reconciliation_scope, whose form intake checked. */
export function readScope(command: Command): Scope {
  const given = memberOf(command.workflow_context, 'reconciliation_scope')
  const flag = (name: string) => memberOf(given, name) !== false
  const tolerance = memberOf(given, 'tolerance')
  const days = memberOf(given, 'stale_after_days')
  return {
    check_amounts: flag('check_amounts'),
    check_currency: flag('check_currency'),
    check_counterparty: flag('check_counterparty'),
    map_receipts: flag('map_receipts'),
    identify_exceptions: flag('identify_exceptions'),
    tolerance: typeof tolerance === 'string' ? new Exact(tolerance) : new Exact(0),
    ...(typeof days === 'number' ? { stale_after_days: days } : {}),
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
