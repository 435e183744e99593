/** The order, and what ended one without a result (wire format sections 5 and 6). */

import { isOneOf } from '../format/one-of.ts'
import { same } from '../format/rules/objects.ts'
import { EXPIRY_ENDS } from '../generated/vocabulary.ts'
import { isObject, isText, isTextArray, timeOf } from '../shape.ts'
import { askAbout } from './objects.ts'
import type { Link, Trail } from './trail.ts'
import type { Report } from './verdict.ts'

/** What the header takes from the order; an accepted order is also well-formed. */
export function checkOrder(trail: Trail, report: Report): void {
  const { order, ending, bundle } = trail
  const { pilot } = bundle
  const { object } = order
  const ask = askAbout(order, report)
  ask.equal('requested_tool', pilot.tool)
  ask.equal('execution_mode', pilot.execution_mode)
  ask.form(object.object_type === 'work_order', 'object_type')
  if (ending === 'refused') return
  ask.form(object.schema_version === 'prooftrail-work-order/v1', 'schema_version')
  ask.form(isText(object.requested_capability), 'requested_capability')
  ask.form(isObject(object.evidence), 'evidence')
  const [issued, expires] = [timeOf(object.issued_at), timeOf(object.expires_at)]
  ask.form(expires !== undefined && issued !== undefined && issued < expires, 'expires_at')
  if (ending !== undefined) return
  if (object.proof_requirements !== undefined) ask.equal('proof_requirements', pilot.proof_trail)
  const { pilot_id: asked } = object
  const named = pilot.pilot_id === undefined || asked === undefined || pilot.pilot_id === asked
  report.check(named, 'PILOT', 'the pilot_id is not the one of the order', order.name)
}

/** A refusal: rejected, with reasons, about this very order. */
export function checkDecision(trail: Trail, report: Report): void {
  const decision = trail.links.find(({ kind }) => kind === 'intake_decision')
  if (decision === undefined) return
  const { object } = decision
  const ask = askAbout(decision, report)
  const { reason_codes: codes, reasons } = object
  ask.form(object.object_type === 'intake_decision', 'object_type')
  ask.check(object.decision === 'rejected', 'VERDICT', 'intake did not reject the order')
  ask.equal('work_order_digest', trail.order.digest)
  ask.form(isText(object.policy_version), 'policy_version')
  const areCodes = isTextArray(codes) && codes.every((code) => /^PT-1[0-9]{3}$/.test(code))
  ask.form(areCodes && codes.length > 0, 'reason_codes')
  const given = Array.isArray(reasons)
    ? reasons.map((reason: unknown) =>
        isObject(reason) && isText(reason.detail) ? reason.code : 0,
      )
    : undefined
  const known = Array.isArray(codes) ? codes : []
  const explained =
    given !== undefined && same([...new Set(given)].sort(), [...new Set(known)].sort())
  ask.form(explained, 'reasons')
}

/** The end of a run or a replay: what it ended, and since when that was open; an order's only one is about it. */
export function checkExpiries(trail: Trail, report: Report): void {
  for (const expiry of trail.links.filter(({ kind }) => kind === 'expiry')) {
    const { object } = expiry
    const ask = askAbout(expiry, report)
    ask.form(object.object_type === 'run_expiry', 'object_type')
    ask.form(isOneOf(EXPIRY_ENDS, object.ends), 'ends')
    ask.form(isText(object.state), 'state')
    const [open, issued] = [timeOf(object.open_since), timeOf(object.issued_at)]
    ask.form(open !== undefined && issued !== undefined && open <= issued, 'open_since')
    if (trail.ending === undefined) continue
    ask.check(object.ends === 'run', 'VERDICT', 'it did not end the run')
    ask.equal('work_order_digest', trail.order.digest)
    if (trail.ending === 'released') checkRelease(trail, expiry, report)
  }
}

/** What ended the run is an act on this very order that releases its credits, and nothing else. */
function checkRelease(trail: Trail, expiry: Link, report: Report): void {
  const act = trail.links.find(({ kind }) => kind === 'recovery_request')
  if (act === undefined) return
  const action = act.object.recovery_action
  const isRelease = action === 'release_credit_allocation'
  report.check(isRelease, 'VERDICT', 'it asks for another act than a release', act.name)
  const parentsOf = (link: Link) => trail.parents.get(link) ?? []
  const isOnOrder = same(parentsOf(act), [trail.order])
  report.check(isOnOrder, 'LINK_AFTER', 'it is no act on the order alone', act.name)
  const isByAct = parentsOf(expiry).includes(act)
  report.check(isByAct, 'LINK_AFTER', `it does not name ${act.name}`, expiry.name)
}
