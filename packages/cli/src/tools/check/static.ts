import { type Manifest, manifestDigest } from '@prooftrail/contracts'
import { type CheckName, loadTool, type Tool, ToolError } from '@prooftrail/executor-sdk'
import { type Case, checkCase, readCases } from '@prooftrail/executor-sdk/testing'
import { breakingChanges, isMajorChange } from '../compatibility.ts'
import type { KnownTool } from '../registry.ts'

/** Collects what each check finds; a check that throws has failed with what it threw. */
export interface Report {
  add(
    name: CheckName,
    check: () => Promise<string | undefined> | string | undefined,
  ): Promise<boolean>
  skip(name: CheckName, why: string): void
}

/** What the folder says by itself; undefined when it is no tool. */
export interface Folder {
  tool: Tool
  cases: Case[]
  slowestMs: number
}

/** Manifest and cases, without a stack. */
export async function checkFolder(dir: string, report: Report): Promise<Folder | undefined> {
  let tool: Tool | undefined
  await report.add('manifest valid', async () => {
    tool = await loadTool(dir)
    const { version, limits, price } = tool.manifest
    return `${tool.manifest.tool} ${version}, ${price.credits} credits, heartbeat ${limits.heartbeat_seconds} s, limit ${limits.deadline_seconds} s`
  })
  if (tool === undefined) return undefined
  const { manifest, execute } = tool
  let cases: Case[] = []
  let slowestMs = 0
  await report.add('cases pass twice with equal bytes', async () => {
    cases = readCases(dir)
    if (cases.length === 0) throw new Error('there is no case in cases/')
    const faults: string[] = []
    for (const one of cases) {
      const started = performance.now()
      const found = await checkCase(manifest, execute, one)
      slowestMs = Math.max(slowestMs, (performance.now() - started) / 2)
      faults.push(...found.map((fault) => `${one.file}: ${fault}`))
    }
    if (faults.length > 0) throw new Error(faults.join('; '))
    return `${cases.length} cases`
  })
  return { tool, cases, slowestMs }
}

/** The last release of the name, if there is one, against this manifest. */
export function compatibility(manifest: Manifest, known: KnownTool | undefined): string {
  const others = known?.versions.filter((one) => one.version !== manifest.version) ?? []
  const same = known?.versions.find((one) => one.version === manifest.version)
  if (same && same.manifest_digest !== manifestDigest(manifest)) {
    throw new Error(`${manifest.version} is released with another manifest: raise the version`)
  }
  if (same) return `${manifest.version} is what is released`
  const last = others.at(-1)
  if (last === undefined) return 'the first release'
  const faults = breakingChanges(last.manifest, manifest)
  if (faults.length === 0) return `nothing that relies on ${last.version} breaks`
  if (isMajorChange(last.version, manifest.version)) {
    return `breaks what relies on ${last.version}, as its number says: ${faults.join('; ')}`
  }
  throw new Error(`after ${last.version} this needs a new major version: ${faults.join('; ')}`)
}

/** Every fault of a manifest's file by name, for a report. */
export function faultsOf(error: unknown): string {
  if (error instanceof ToolError) return error.faults.join('; ')
  return error instanceof Error ? error.message : String(error)
}
