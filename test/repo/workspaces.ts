/** The packages of this repository: what they declare, refer to and import. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, ROOT, readText, sourcesOf } from './files.ts'

export interface Workspace {
  /** Its folder from the root: `services/intake`. */
  folder: string
  name: string
  dependencies: string[]
  /** Names of the packages that its tsconfig refers to. */
  references: string[]
  /** Names of the packages that its production sources import, in alphabetical order. */
  imports: string[]
}

const GROUPS = ['packages', 'services', 'services/executors']

/** Every package that is built, in the order of the arrows' groups; `testing` is not. */
export function readWorkspaces(): Workspace[] {
  const folders = GROUPS.flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => `${group}/${name}`),
  ).filter((folder) => existsSync(join(ROOT, folder, 'tsconfig.json')))
  return folders.map((folder) => {
    const { name, dependencies = {} } = JSON.parse(readText(`${folder}/package.json`))
    return {
      folder,
      name,
      dependencies: Object.keys(dependencies).sort(),
      references: referencesOf(folder),
      imports: importsOf(sourcesOf(folder)),
    }
  })
}

/** The name of the package in each folder that the tsconfig of `folder` refers to. */
function referencesOf(folder: string): string[] {
  const { references = [] }: { references?: { path: string }[] } = JSON.parse(
    readText(`${folder}/tsconfig.json`),
  )
  return references
    .map(({ path }) => JSON.parse(readText(join(folder, path, 'package.json'))).name)
    .sort()
}

/** Bare names: built-in modules, relative paths and `#imports` left out, subpaths cut off. */
export function importsOf(paths: readonly string[]): string[] {
  const names = paths.flatMap((path) =>
    specifiersIn(readText(path)).flatMap((specifier) => {
      if (/^(node:|\.|#)/.test(specifier)) return []
      const [scope = '', name = ''] = specifier.split('/')
      return [scope.startsWith('@') ? `${scope}/${name}` : scope]
    }),
  )
  return [...new Set(names)].sort()
}

/** What a module's imports and re-exports name. */
export function specifiersIn(text: string): string[] {
  const statements = /^(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm
  const dynamic = /\bimport\('([^']+)'\)/g
  return [...text.matchAll(statements), ...text.matchAll(dynamic)].map(
    ([, from, effect]) => from ?? effect ?? '',
  )
}

/** All text of a package, tests and settings included, where a name may be used in other ways. */
export function allTextOf(folder: string): string {
  return filesBelow(folder)
    .filter((path) => /\.(ts|js|mjs|json)$/.test(path) && !path.endsWith('/package.json'))
    .map(readText)
    .join('\n')
}
