import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkManifest, type Manifest } from '@prooftrail/contracts'
import { isConform } from './conformance.ts'
import type { Execute } from './tool.ts'
import { ToolError } from './tool-error.ts'

/** A tool's folder: what it is, and what it concludes. */
export interface Tool {
  manifest: Manifest
  execute: Execute
  /** True where the folder, as it is now, holds the record of a passed conformance suite. */
  checked?: boolean
}

/** Where the function is looked for, from the tool's folder. */
const BUILT = ['execute.js', 'dist/execute.js'] as const
const SOURCE = ['execute.ts', 'src/execute.ts'] as const

/**
 * Reads `manifest.json` and imports `execute` from a tool's folder: from source where this package
 * runs from source, else what was built.
 * @throws ToolError naming every fault
 */
export async function loadTool(dir: string): Promise<Tool> {
  const folder = resolve(dir)
  const manifest = readManifest(folder)
  const fromSource = import.meta.url.endsWith('.ts')
  const places = fromSource ? [...SOURCE, ...BUILT] : BUILT
  const place = places.map((name) => join(folder, name)).find((path) => existsSync(path))
  if (place === undefined) throw new ToolError(folder, [`none of ${places.join(', ')} is there`])
  const module: unknown = await import(pathToFileURL(place).href)
  const execute: unknown = Reflect.get(Object(module), 'execute')
  if (!isExecute(execute)) throw new ToolError(place, ['it exports no function named execute'])
  return { manifest, execute, ...(isConform(folder, manifest) ? { checked: true } : {}) }
}

/** The manifest of a tool's folder. @throws ToolError naming every fault */
export function readManifest(folder: string): Manifest {
  const path = join(folder, 'manifest.json')
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ToolError(path, [error instanceof Error ? error.message : String(error)])
  }
  const faults = checkManifest(value)
  if (faults.length > 0)
    throw new ToolError(
      path,
      faults.map(({ path, detail }) => `${path} ${detail}`),
    )
  // checkManifest found no fault
  return value as Manifest
}

function isExecute(value: unknown): value is Execute {
  return typeof value === 'function'
}
