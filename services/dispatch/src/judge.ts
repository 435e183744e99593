import {
  checkResultContract,
  type Manifest,
  type ManifestVersion,
  type ResultProduced,
  type ToolLink,
} from '@prooftrail/contracts'
import { Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import {
  type Claim,
  canonicalOnce,
  digestOnce,
  isLinkName,
  type LinkName,
  type SignedLink,
  signatureHolds,
} from '@prooftrail/trail'
import { kindOf, ownLinks } from '@prooftrail/trail/format'
import { checkPackage } from './package-schema.ts'
import type { Attempt, ToolState } from './state.ts'

/** What a result must agree with. */
export interface Commanded {
  work_order_id: string
  task_token: string
  tool: string
  manifest_version: string
  proof_trail: readonly string[]
  ids: Readonly<Record<string, string>>
  current: Attempt
}

/** A signature is good for five minutes ahead of the broker's clock (wire format section 4). */
const AHEAD_MS = 5 * 60 * 1000

/** What the objects of a result may take as JSON: later topics carry them, with more beside them. */
const MAX_RESULT_BYTES = 1_500_000

/** @throws Refusal PT-2010: before anything is computed over what is too large */
export function checkSize({ result_contract, links = [] }: ResultProduced): void {
  const objects: unknown[] = [result_contract.object, ...links.map(({ object }) => object)]
  const bytes = objects.reduce<number>((sum, one) => sum + Buffer.byteLength(canonicalOnce(one)), 0)
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
  tool: ToolState | undefined,
  at: string,
  waited: number,
): void {
  if (result.tool !== commanded.tool) {
    throw new Refusal('PT-2007', `commanded ${commanded.tool}, answered by ${result.tool}`)
  }
  const { current } = commanded
  if (result.attempt !== current.attempt || result.tool_command_id !== current.tool_command_id) {
    throw new Refusal('PT-2003', `attempt ${result.attempt} is not attempt ${current.attempt}`)
  }
  const links = result.links ?? []
  const version = tool?.versions.find((one) => one.version === commanded.manifest_version)
  if (!tool || !version)
    throw unknown(`tool ${commanded.tool} ${commanded.manifest_version}`, waited)
  checkSigner('result_contract', result.result_contract, tool, at, waited)
  for (const link of links) checkSigner(linkName(link), link, tool, at, waited)
  checkFollowing(result, commanded)
  const faults = [...contractFaults(result, commanded), ...packageFaults(result, version)]
  if (faults.length > 0) throw new Refusal('PT-2002', faults.join('; '))
}

function linkName(link: ToolLink): LinkName {
  if (isLinkName(link.name)) return link.name
  throw new Refusal('PT-2002', `${link.name} is no link's name`)
}

function checkSigner(
  name: LinkName,
  link: SignedLink,
  tool: ToolState,
  at: string,
  waited: number,
): void {
  const key = tool.keys.find((one) => one.kid === link.key_id)
  if (!key) {
    if (waited < WAIT_SECONDS) throw new RetryLater('PT-2006', `key ${link.key_id}`)
    throw new Refusal('PT-2006', `${link.key_id} is not a key of ${tool.tool}`)
  }
  const issuedAt = issuedAtOf(link.object)
  const issued = Date.parse(issuedAt ?? '')
  const inTime =
    issued / 1000 >= (key.nbf ?? 0) &&
    issued / 1000 < (key.exp ?? Number.POSITIVE_INFINITY) &&
    Date.parse(at) / 1000 < (key.exp ?? Number.POSITIVE_INFINITY) &&
    issued <= Date.parse(at) + AHEAD_MS
  if (!inTime)
    throw new Refusal('PT-2006', `${name} was issued at ${issuedAt}, outside its key's time`)
  if (!signatureHolds(name, link, publicJwkOf(key)))
    throw new Refusal('PT-2006', `${name}: wrong signature`)
}

/** The signatures of a result that its tool's keys may have made, to be checked ahead. */
export function claimsOf(result: ResultProduced, tool: ToolState | undefined): Claim[] {
  const named = [
    { name: 'result_contract', link: result.result_contract },
    ...(result.links ?? []).map((link) => ({ name: link.name, link })),
  ]
  return named.flatMap(({ name, link }) => {
    const key = tool?.keys.find((one) => one.kid === link.key_id)
    return key && isLinkName(name) ? [{ name, link, publicKey: publicJwkOf(key) }] : []
  })
}

function publicJwkOf({ x }: { x: string }) {
  return { kty: 'OKP' as const, crv: 'Ed25519' as const, x }
}

/** The tool's links stand in the order of the proof trail and follow from the command. */
function checkFollowing(result: ResultProduced, commanded: Commanded): void {
  const trail = commanded.proof_trail
  const own: string[] = ownLinks(trail)
  const links = result.links ?? []
  if (links.map((link) => link.name).join() !== own.join()) {
    throw new Refusal('PT-2002', `links are ${links.map((link) => link.name)}, not ${own}`)
  }
  const known = new Map([['execution_command', commanded.current.command_digest]])
  for (const link of [...links, { name: 'result_contract', ...result.result_contract }]) {
    const refs = link.after
    const strange = refs.filter((ref) => known.get(ref.name) !== ref.digest)
    if (refs.length === 0 || strange.length > 0) {
      const names = strange.map((ref) => ref.name).join(', ') || 'nothing'
      throw new Refusal('PT-2008', `${link.name} follows ${names}, which is not its command's`)
    }
    known.set(link.name, digestOnce(link.object))
  }
  const { after } = result.result_contract
  if (!after.some((ref) => ref.name === 'execution_command')) {
    throw new Refusal('PT-2008', 'result_contract does not follow its execution_command')
  }
}

function contractFaults(result: ResultProduced, commanded: Commanded): string[] {
  const contract = result.result_contract.object
  const faults = checkResultContract(contract).map((fault) => `${fault.path} ${fault.detail}`)
  const must = (member: string, value: unknown, expected: unknown) => {
    if (value !== expected) faults.push(`${member} is ${value}, not ${expected}`)
  }
  must('work_order_id', contract.work_order_id, commanded.work_order_id)
  must('task_token', contract.task_token, commanded.task_token)
  must('requested_tool', contract.requested_tool, commanded.tool)
  must('machine_result.tool', contract.machine_result.tool, commanded.tool)
  must('result_contract_id', contract.result_contract_id, commanded.ids.result_contract)
  for (const name of commanded.proof_trail) {
    if (name === 'result_contract') continue
    must(`proof_objects.${name}`, contract.proof_objects[name], commanded.ids[name])
  }
  for (const link of result.links ?? []) {
    const member = isLinkName(link.name) ? kindOf(link.name).id : undefined
    if (member)
      must(`${link.name}.${member}`, memberOf(link.object, member), commanded.ids[link.name])
    must(
      `${link.name}.work_order_id`,
      memberOf(link.object, 'work_order_id'),
      commanded.work_order_id,
    )
  }
  return faults
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
  return checkPackage(version.manifest_digest, result_package_schema, result_package)
}

function unknown(what: string, waited: number): RetryLater | Refusal {
  return waited < WAIT_SECONDS
    ? new RetryLater('PT-2006', `${what} is not registered yet`)
    : new Refusal('PT-2006', `${what} is not registered`)
}

function issuedAtOf(object: unknown): string | undefined {
  const value = memberOf(object, 'issued_at')
  return typeof value === 'string' ? value : undefined
}

function memberOf(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined
}
