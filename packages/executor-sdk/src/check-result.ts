import {
  checkForeign,
  compileOwn,
  type ExecutionCommand,
  type Manifest,
  manifestDigest,
} from '@prooftrail/contracts'
import { ownLinks, resultFaults } from '@prooftrail/trail/format'
import { assessEvidence, scoreEvidence } from './assess-evidence.ts'
import { buildResult } from './build-result.ts'
import { resultSchema } from './result-schema.ts'
import type { Assessment, ToolResult } from './tool.ts'

/** What the function returned, as plain JSON; or every fault of it. */
export type CheckedResult = { result: ToolResult } | { faults: string[] }

const check = compileOwn(resultSchema)

function isResult(value: unknown): value is ToolResult {
  return check(value)
}

/**
 * Checks what a tool returned: its shape, that it is JSON, one line per evidence class, the links
 * that the manifest's proof trail names and no other, its own words on evidence, and what dispatch
 * and the verifier ask of a result.
 * Members that are undefined are left out, as JSON does.
 */
export function checkResult(
  manifest: Manifest,
  command: ExecutionCommand,
  returned: unknown,
): CheckedResult {
  const result: unknown = toJson(returned)
  if (!isResult(result)) {
    return { faults: faultsOf('', check.errors) }
  }
  const faults: string[] = []
  const collect = (check: () => void) => {
    try {
      check()
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error))
    }
  }
  collect(() => {
    const assessment = result.evidence
      ? scoreEvidence(manifest, result.evidence)
      : assessEvidence(manifest, command)
    faults.push(...contradictions(result, assessment))
  })
  faults.push(...schemaFaults(manifest, result.result_package))
  const named = (result.links ?? []).map(({ name }) => name).join(', ')
  const wanted = ownLinks(manifest.proof_trail).join(', ')
  if (named !== wanted) faults.push(`links are (${named}); the proof trail wants (${wanted})`)
  const types = (result.exceptions ?? []).map(({ exception_type }) => exception_type)
  if (new Set(types).size < types.length) faults.push('exceptions has two tickets of one type')
  if (faults.length === 0) collect(() => faults.push(...wireFaults(manifest, command, result)))
  return faults.length > 0 ? { faults } : { result }
}

/** What the manifest's own schema of its package finds. */
function schemaFaults(manifest: Manifest, found: unknown): string[] {
  const { result_package_schema: schema } = manifest
  if (schema === undefined) return []
  const key = `${manifestDigest(manifest)}/result_package_schema`
  return faultsOf(
    '/result_package',
    checkForeign(key, () => schema, found),
  )
}

function faultsOf(
  path: string,
  errors: ReturnType<typeof checkForeign> | typeof check.errors,
): string[] {
  return (errors ?? []).map(({ instancePath, message }) =>
    `${path}${instancePath} ${message}`.trim(),
  )
}

/** A package may repeat status and score; then they are those of the contract. */
function contradictions({ result_package, links }: ToolResult, assessment: Assessment): string[] {
  const places = [
    ['result_package', result_package] as const,
    ...(links ?? []).map(({ name, object }) => [name, object] as const),
  ]
  return places.flatMap(([place, object]) =>
    (['evidence_status', 'evidence_score'] as const)
      .filter((member) => object[member] !== undefined && object[member] !== assessment[member])
      .map(
        (member) => `${place}.${member} is ${String(object[member])}, not ${assessment[member]}`,
      ),
  )
}

/** What dispatch and the verifier would say of the result, by their own rules. */
function wireFaults(manifest: Manifest, command: ExecutionCommand, result: ToolResult): string[] {
  const { links, contract } = buildResult(manifest, command, result, command.issued_at)
  const named = [...links, { name: 'result_contract' as const, object: contract }]
  // a digest only tells objects apart, so each stands for its link here
  const after = [{ name: 'execution_command', digest: 'execution_command' }]
  const placed = named.map(({ name, object }) => ({
    name,
    kind: name,
    digest: name,
    after,
    object,
  }))
  const { work_order_id, callback_url, ids, attempt } = command
  const terms = {
    order: { work_order_id, ...(callback_url === undefined ? {} : { callback_url }) },
    command: {
      ...{ name: 'execution_command', kind: 'execution_command' as const, after: [] },
      ...{ digest: 'execution_command', object: command },
    },
    ids: { ...ids, work_order: work_order_id, execution_command: command.tool_command_id },
    attempt,
  }
  return resultFaults(placed, terms).map(({ link, path, detail }) => `${link}${path} ${detail}`)
}

function toJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null')
  } catch {
    return undefined
  }
}
