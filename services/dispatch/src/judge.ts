import {
  type AcceptedOrder,
  checkForeign,
  checkForm,
  type Manifest,
  type ManifestVersion,
  type ResultProduced,
} from '@prooftrail/contracts'
import { Refusal, RetryLater, toolDocument, WAIT_SECONDS } from '@prooftrail/runtime'
import type { Link, TrailKey, VerifiedLinks } from '@prooftrail/trail'
import {
  isLinkName,
  keyCountsFor,
  MAX_RESULT_BYTES,
  type PlacedLink,
  type ResultTerms,
  resultFaults,
  statementFaults,
  trailKeyFrom,
} from '@prooftrail/trail/format'
import type { Attempt, ToolState } from './state.ts'

/** What a result must agree with. */
export interface Commanded {
  accepted: AcceptedOrder
  ids: Readonly<Record<string, string>>
  current: Attempt
}

/** Why a result is not about the attempt that was commanded (PT-2007, PT-2003); undefined where it is. */
export function foreignResult(
  { tool, attempt, tool_command_id }: ResultProduced,
  { accepted: { pins }, current }: Pick<Commanded, 'accepted' | 'current'>,
): Refusal | undefined {
  if (tool !== pins.tool) {
    return new Refusal('PT-2007', `commanded ${pins.tool}, answered by ${tool}`)
  }
  const isOfAttempt = attempt === current.attempt && tool_command_id === current.tool_command_id
  if (isOfAttempt) return undefined
  return new Refusal('PT-2003', `attempt ${attempt} is not attempt ${current.attempt}`)
}

/** @throws Refusal PT-2002, PT-2010: before anything is computed over what has no form or is too large */
export function checkSize({ result_contract, links = [] }: ResultProduced): void {
  for (const { object } of [result_contract, ...links]) {
    const [unreadable] = statementFaults(object)
    if (unreadable !== undefined) throw new Refusal('PT-2002', unreadable.detail)
  }
  const bytes = [result_contract, ...links].reduce(
    (sum, { text }) => sum + Buffer.byteLength(text),
    0,
  )
  if (bytes <= MAX_RESULT_BYTES) return
  throw new Refusal('PT-2010', `${bytes} bytes of JSON; ${MAX_RESULT_BYTES} are allowed`)
}

/**
 * Is this result the one that was commanded? Signature, tool, attempt, ids, links and schema.
 * Answers nothing when it is. @throws Refusal PT-2002…2008 with every fault of its kind named;
 * RetryLater while the tool, or the key that signed, is not registered.
 */
export function judgeResult(
  result: ResultProduced,
  commanded: Commanded,
  { tool, verified }: { tool: ToolState | undefined; verified: VerifiedLinks },
  at: string,
  waited: number,
): void {
  const { accepted } = commanded
  const { pins } = accepted
  const foreign = foreignResult(result, commanded)
  if (foreign !== undefined) throw foreign
  const version = tool?.versions.find((one) => one.version === pins.manifest_version)
  if (!tool || !version) throw unknown(`tool ${pins.tool} ${pins.manifest_version}`, waited)
  const links = linksOf(result)
  for (const link of links) checkSigner(link, tool, verified, at, waited)
  // from here on it is known whose word it is
  const party = toolDocument(tool.tool)
  const faults = resultFaults(links.map(placed), termsOf(commanded))
  const lost = faults.filter(({ code }) => code === 'LINK_AFTER')
  if (lost.length > 0) throw new Refusal('PT-2008', wordsOf(lost), { party })
  const { after } = result.result_contract
  if (!after.some((ref) => ref.name === 'execution_command')) {
    throw new Refusal('PT-2008', 'result_contract does not name its execution_command', { party })
  }
  const form = checkForm('ResultContract', result.result_contract.object)
  const others = [...faults, ...form.map((fault) => ({ link: 'result_contract', ...fault }))]
  const found = [wordsOf(others), ...packageFaults(result, version)].filter((text) => text !== '')
  if (found.length > 0) throw new Refusal('PT-2002', found.join('; '), { party })
}

/** The links of a result in the order of the trail. @throws Refusal PT-2002 */
function linksOf({ result_contract, links = [] }: ResultProduced): Link[] {
  return [...links, result_contract].map((link) => {
    if (isOfTheList(link)) return link
    throw new Refusal('PT-2002', `${link.kind} is no link's name`)
  })
}

function isOfTheList(link: Link<string>): link is Link {
  return isLinkName(link.kind)
}

function placed({ kind, object, after, digest }: Link): PlacedLink {
  return { name: kind, kind, object: Object(object), after, digest }
}

/** Order and command as the trail holds them; of the command, what a result can disagree with. */
function termsOf({ accepted, ids, current }: Commanded): ResultTerms {
  const { order, pins, task_token } = accepted
  const { requested_capability } = order.object
  const command = {
    ...{ task_token, requested_tool: pins.tool, requested_capability },
    ...{ proof_requirements: pins.proof_trail, issued_at: current.commanded_at },
  }
  const { command_digest: digest } = current
  return {
    order: { ...order.object },
    command: {
      ...{ name: 'execution_command', kind: 'execution_command', digest, after: [] },
      object: command,
    },
    ids,
    attempt: current.attempt,
  }
}

function wordsOf(faults: readonly { link: string; path: string; detail: string }[]): string {
  return faults.map(({ link, path, detail }) => `${link}${path} ${detail}`).join('; ')
}

function checkSigner(
  link: Link,
  tool: ToolState,
  verified: VerifiedLinks,
  at: string,
  waited: number,
): void {
  const { kind: name } = link
  const key = keyOf(link, tool)
  if (!key) {
    if (waited < WAIT_SECONDS) throw new RetryLater('PT-2006', `key ${link.key_id}`)
    throw new Refusal('PT-2006', `${link.key_id} is not a key of ${tool.tool}`)
  }
  const { issued_at: issuedAt } = Object(link.object)
  const { fault } = keyCountsFor(name, key, { issuedAt, tool: tool.tool, at })
  if (fault !== undefined) {
    throw new Refusal('PT-2006', `${name}: ${fault}, issued at ${issuedAt}, arrived ${at}`)
  }
  if (!verified.has(link)) throw new Refusal('PT-2006', `${name}: wrong signature`)
}

/** The key that a link names; undefined where its tool has no such key. */
export function keyOf({ key_id }: Link<string>, tool: ToolState | undefined): TrailKey | undefined {
  const key = tool?.keys.find(({ kid }) => kid === key_id)
  return tool && key && trailKeyFrom(key, tool.tool, 'executor')
}

/** The result package against the schema that the pinned version announced, if it did. */
function packageFaults(result: ResultProduced, version: ManifestVersion): string[] {
  const { result_status, exceptions } = result.result_contract.object
  const isPaused = exceptions.some((one) => one.exception_type === 'tool_execution_pause')
  // A tool that could not conclude made no package of its own: its executor says so in its place.
  if (result_status === 'failed' && isPaused) return []
  // Intake registered the manifest after checking its form.
  const { result_package_schema } = version.manifest as unknown as Manifest
  if (result_package_schema === undefined) return []
  const { result_package } = result.result_contract.object.machine_result
  const key = `${version.manifest_digest}/result_package_schema`
  return checkForeign(key, () => result_package_schema, result_package).map(
    ({ instancePath, message }) => `result_package${instancePath} ${message}`,
  )
}

function unknown(what: string, waited: number): RetryLater | Refusal {
  return waited < WAIT_SECONDS
    ? new RetryLater('PT-2006', `${what} is not registered yet`)
    : new Refusal('PT-2006', `${what} is not registered`)
}
