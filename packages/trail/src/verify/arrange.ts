/** Order and names of the links, revisions and results (wire format section 6). */
import type { Bundle } from '../bundle.ts'
import { kindsWhere, type LinkName, linkNameOf, TOOL_LINKS } from '../format/kinds.ts'
import { followsOf } from '../format/rules/follows.ts'
import { objectAt } from '../format/rules/objects.ts'
import { endingOf, type Pilot, pilotFaults } from '../pilot.ts'
import { reportAll } from './objects.ts'
import { follows, type Link, type Result, type Revision, type Trail } from './trail.ts'
import type { Report } from './verdict.ts'

/** What a run repeats for each result. */
const RESULT_LINKS: readonly LinkName[] = kindsWhere(({ repeats }) => repeats === 'result')

/** What a revision can add. */
const LATER_LINKS: readonly LinkName[] = kindsWhere(({ repeats }) =>
  ['result', 'freely'].includes(repeats),
)

/** The trail, when its links are exactly those it must have; else undefined and reported. */
export function arrange(bundle: Bundle, links: Link[], report: Report): Trail | undefined {
  const { pilot } = bundle
  const revisions = splitRevisions(pilot, links, report)
  if (!report.clean) return undefined
  const parents = linkParents(links, report)
  const [order] = links
  if (order === undefined || !report.clean) return undefined
  for (const fault of pilotFaults(pilot, revisions.length - 1)) report.fail('PILOT', fault)
  checkHeaderTool(pilot, order, revisions, report)
  const ending = endingOf(pilot)
  if (ending !== undefined) {
    const isOne = revisions.length === 1
    report.check(isOne, 'LINK_ORDER', `a trail that is ${ending} has no revision`)
  }
  const trail = { bundle, links, revisions, ending, order, results: [], parents }
  if (!report.clean) return undefined
  return { ...trail, results: ending === undefined ? collectResults(trail, report) : [] }
}

/** A header that names another tool than both the order and the newest entry was changed itself. */
function checkHeaderTool(pilot: Pilot, order: Link, revisions: Revision[], report: Report): void {
  const sealed = objectAt(revisions.at(-1)?.entry.object ?? {}, 'pilot').tool
  const known = [order.object.requested_tool, sealed].includes(pilot.tool)
  report.check(known, 'PILOT', `the tool ${pilot.tool} is not the one that was ordered and sealed`)
}

function splitRevisions(pilot: Pilot, links: Link[], report: Report): Revision[] {
  const head = links.slice(0, pilot.proof_trail.length)
  const seen = new Map<LinkName, number>()
  for (const link of links) {
    const n = seen.get(link.kind) ?? 0
    seen.set(link.kind, n + 1)
    const expected = linkNameOf(link.kind, n)
    report.check(link.name === expected, 'LINK_ORDER', `its name should be ${expected}`, link.name)
  }
  pilot.proof_trail.forEach((name, i) => {
    const found = head[i]?.name
    report.check(
      found === name,
      'LINK_ORDER',
      `${found ?? 'nothing'} stands where ${name} should`,
      name,
    )
  })
  if (!report.clean) return []
  const revisions: Revision[] = []
  let facts: Link[] = []
  for (let i = 0; i < links.length; i++) {
    const [link, seal] = links.slice(i, i + 2)
    if (link?.kind === 'ledger_entry' && seal?.kind === 'attestation') {
      checkFacts(pilot, facts, revisions.length, link.name, report)
      revisions.push({ number: revisions.length, facts, entry: link, seal })
      facts = []
      i++
    } else if (link !== undefined) {
      facts.push(link)
    }
  }
  const complete = facts.length === 0 && revisions.length > 0
  report.check(complete, 'LINK_ORDER', 'links stand behind the last seal', facts[0]?.name)
  return revisions
}

function checkFacts(
  pilot: Pilot,
  facts: Link[],
  revision: number,
  entry: string,
  report: Report,
): void {
  if (revision === 0) return
  report.check(facts.length > 0, 'LINK_ORDER', 'a revision has something new', entry)
  for (const { kind, name } of facts) {
    report.check(LATER_LINKS.includes(kind), 'LINK_ORDER', 'no revision can add this', name)
  }
  const expected = pilot.proof_trail.filter((name) => RESULT_LINKS.some((kind) => kind === name))
  const found = facts.filter(({ kind }) => RESULT_LINKS.includes(kind)).map(({ kind }) => kind)
  const [first] = found
  if (first === undefined) return
  report.check(
    found.join() === expected.join(),
    'LINK_ORDER',
    'a revision has all links of one more result, in order, or none',
    entry,
  )
}

/** What each link follows, as `followsOf` says it. */
function linkParents(links: Link[], report: Report): Map<Link, readonly Link[]> {
  const followed = followsOf(links)
  for (const { link, faults } of followed) reportAll(faults, link, report)
  return new Map(followed.map(({ link, parents }) => [link, parents]))
}

function collectResults(trail: Trail, report: Report): Result[] {
  const results = trail.revisions.flatMap(({ facts, number }) => {
    const one = (kind: LinkName) => facts.find((link) => link.kind === kind)
    const [command, contract, usage] = [
      one('execution_command'),
      one('result_contract'),
      one('usage_receipt'),
    ]
    if (command === undefined || contract === undefined || usage === undefined) return []
    const own = facts.filter(({ kind }) => TOOL_LINKS.includes(kind))
    const settlement = trail.links.findLast(
      ({ kind, position }) => kind === 'settlement_receipt' && position < usage.position,
    )
    const part = { command, own, contract, settlement, usage, deliveries: [] as Link[] }
    return [{ number: contract.n, ...part, revision: number }]
  })
  for (const result of results) checkResultOrder(trail, result, report)
  for (const link of trail.links) {
    if (link.kind !== 'callback_delivery') continue
    const result = results.findLast(({ contract }) => follows(trail, link, contract))
    report.check(result !== undefined, 'LINK_AFTER', 'it follows no result contract', link.name)
    result?.deliveries.push(link)
  }
  for (const { deliveries, contract, revision } of results) {
    const last = trail.revisions[revision]?.entry.position ?? 0
    const first = deliveries[0]
    const inTime = first !== undefined && first.position < last
    report.check(inTime, 'LINK_ORDER', 'its callback is not in its revision', contract.name)
  }
  return results
}

function checkResultOrder(trail: Trail, result: Result, report: Report): void {
  const { command, own, contract, settlement, usage } = result
  const behind = (link: Link, earlier: Link) =>
    report.check(
      follows(trail, link, earlier),
      'LINK_AFTER',
      `it does not follow ${earlier.name}`,
      link.name,
    )
  const atOnce = (link: Link, earlier: Link) => {
    const named = trail.parents.get(link)?.includes(earlier) === true
    report.check(named, 'LINK_AFTER', `it does not name ${earlier.name}`, link.name)
  }
  behind(command, trail.order)
  for (const link of own) behind(link, command)
  behind(contract, command)
  atOnce(usage, contract)
  if (settlement !== undefined) atOnce(usage, settlement)
}
