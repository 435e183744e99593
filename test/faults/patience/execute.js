import { setTimeout as pause } from 'node:timers/promises'

/** @type {import('@prooftrail/executor-sdk').Execute} */
export const execute = async ({ workflow_context }, { assessment, signal }) => {
  const seconds = Number(workflow_context?.seconds ?? 0)
  if (seconds > 0) await pause(seconds * 1000, undefined, { signal })
  const { evidence_status, evidence_score } = assessment
  return {
    result_package: {
      package_type: 'patience_result_package',
      operating_tool: 'patience',
      ...{ evidence_status, evidence_score, seconds },
    },
    human_summary: `It took ${seconds} s, as asked.`,
  }
}
