import type { PilotReport } from '@prooftrail/console'
import type { RunData } from './use-run.ts'

/** What every part of a run's page is given. */
export interface RunParts {
  run: RunData
  report: PilotReport
  /** False in an agent's view: nothing is acted on. */
  isOperator: boolean
  /** The handle that an agent's view shows. */
  bearer?: string | undefined
}

/** The run's work order, where acts, bundles and commands are named by it. */
export function orderOf({ report }: Pick<RunParts, 'report'>): string {
  return report.work_order_id
}
