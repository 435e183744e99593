/** What became of the callbacks (wire format section 5). */
import { isDigest } from '../digest.ts'
import { objectAt } from '../format/rules/objects.ts'
import { isCount, isText } from '../shape.ts'
import { askAbout } from './objects.ts'
import type { Link, Result, Trail } from './trail.ts'
import type { Report } from './verdict.ts'

const FINISHED = ['pending', 'delivered', 'failed', 'parked']

export function checkDeliveries(trail: Trail, result: Result, report: Report): void {
  const { deliveries, contract } = result
  const callback = objectAt(contract.object, 'callback')
  const due = callback.callback_status === 'pending'
  deliveries.forEach((link, i) => {
    checkDelivery(link, due, report)
    askAbout(link, report).equal('callback_url', trail.order.object.callback_url)
    const before = deliveries[i - 1]?.object
    const same = before === undefined || before.callback_hash === link.object.callback_hash
    report.check(same, 'OBJECT_MISMATCH', 'the bytes are not the same at every attempt', link.name)
  })
}

function checkDelivery(link: Link, due: boolean, report: Report): void {
  const {
    callback_status: status,
    callback_hash: hash,
    attempt,
    http_status: http,
    attempts,
  } = link.object
  const ask = askAbout(link, report)
  ask.form(link.object.object_type === 'callback_delivery', 'object_type')
  ask.form(isText(link.object.agent_task_run_id), 'agent_task_run_id')
  ask.form(isDigest(hash) || (!due && hash === undefined), 'callback_hash')
  ask.form(isCount(attempt), 'attempt')
  ask.form(Array.isArray(attempts), 'attempts')
  if (!due) {
    ask.check(status === 'ready' && attempt === 0, 'OBJECT_MISMATCH', 'no callback was due')
    return
  }
  const known = FINISHED.some((one) => one === status)
  ask.check(known && attempt !== 0, 'OBJECT_MISMATCH', 'a callback was due and is not attempted')
  const answered = isCount(http) && http >= 200 && http < 300
  ask.check(answered === (status === 'delivered'), 'OBJECT_MISMATCH', 'delivered is an answer 2xx')
}
