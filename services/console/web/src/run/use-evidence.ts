import { chainOf } from '@prooftrail/verifier'
import { useQuery } from '@tanstack/react-query'
import { toolQuery } from '../data/queries.ts'
import { type EvidenceRow, evidenceRows } from './evidence.ts'
import type { RunParts } from './parts.ts'

/** The run's classes of evidence, as far as its proof and its tool are known here. */
export function useEvidence({ report, run, isOperator }: RunParts): EvidenceRow[] {
  const tool = report.pilot.tool
  // tools are an operator's to read
  const { data: view } = useQuery({
    ...toolQuery(tool ?? ''),
    enabled: tool !== undefined && isOperator,
  })
  const { verdict } = run.verification ?? {}
  const links = verdict && run.bundle.data ? chainOf(verdict, run.bundle.data).links : []
  return evidenceRows(view, links, report.missing_items)
}
