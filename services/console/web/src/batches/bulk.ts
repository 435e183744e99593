import type { RecoveryAction } from '@prooftrail/contracts'
import { ACT_NAMES, ACTS } from '@prooftrail/contracts/acts'
import type { BatchBody } from '../data/batches.ts'

/** Acts that one operator can ask of many runs; evidence is each run's own. */
export const BULK_ACTS: readonly RecoveryAction[] = ACT_NAMES.filter(
  (name) => ACTS[name].by.includes('operator') && name !== 'add_evidence',
)

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** The same selection frozen by command line and by `curl`. */
export function makeCommands(body: BatchBody): [string, string][] {
  const { act, work_order_ids: ids, exception_type: type, per_second: rate } = body
  const { recovery_action: action, reason } = Object(act)
  const more = [
    ...(type === undefined ? [] : [`--exception-type ${type}`]),
    ...(rate === undefined ? [] : [`--per-second ${rate}`]),
  ]
  const cli = `prooftrail batch create ${action} --reason ${quoted(reason || 'TEXT')} ${more.join(' ')} --runs IDS`
  const [first = 'wo_…'] = ids
  const shown = { ...body, work_order_ids: [first, ...(ids.length > 1 ? ['…'] : [])] }
  const curl = `curl -X POST -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' -d ${quoted(JSON.stringify(shown))} ${location.origin}/v1/batches`
  return [
    ['the batch, of the ids in a file, one a line', cli.replaceAll(/ +/g, ' ')],
    ['the batch by curl', curl],
  ]
}

/** What is seen and done of one batch by command line and by `curl`. */
export function batchCommandLines(id: string): [string, string][] {
  const url = `${location.origin}/v1/batches/${id}`
  return [
    ['this batch', `prooftrail batch show ${id} --runs`],
    ['what it would come to', `prooftrail batch run ${id} --dry-run`],
    ['run it', `prooftrail batch run ${id}`],
    ['halt it, and go on', `prooftrail batch pause ${id}; prooftrail batch resume ${id}`],
    ['this batch by curl', `curl -H "Authorization: Bearer $TOKEN" ${url}`],
    ['its runs by curl', `curl -H "Authorization: Bearer $TOKEN" '${url}/runs?limit=1000'`],
  ]
}
