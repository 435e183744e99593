/** What the compiler builds, and after what: tsconfig.json of every package, and the root's. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const GROUPS = ['packages', 'services', 'services/executors']
/** Only tests import it: nothing of it is built. */
const UNBUILT = ['packages/testing']
/** Of a line, as the formatter has it. */
const WIDTH = 100

interface Package {
  folder: string
  name: string
  dependencies: readonly string[]
}

/**
 * tsconfig.json of the root, of the bench and of every package, by path: a package refers to those
 * that its package.json depends on.
 */
export function references(root: string): Map<string, string> {
  const packages = readPackages(root)
  const folders = packages.map(({ folder }) => folder)
  const built = packages.map((one): [string, string] => [
    `${one.folder}/tsconfig.json`,
    config(
      one.folder,
      packages.filter(({ name }) => one.dependencies.includes(name)).map(({ folder }) => folder),
    ),
  ])
  const top = `{\n  "files": [],\n  ${refer('', folders)}\n}\n`
  return new Map([
    ...built,
    ['bench/tsconfig.json', config('bench', folders)],
    ['tsconfig.json', top],
  ])
}

function readPackages(root: string): Package[] {
  return GROUPS.flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .map((name) => `${group}/${name}`),
  )
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .filter((folder) => !UNBUILT.includes(folder))
    .map((folder) => {
      const text = readFileSync(join(root, folder, 'package.json'), 'utf8')
      const { name, dependencies = {} } = JSON.parse(text)
      return { folder, name, dependencies: Object.keys(dependencies) }
    })
}

function config(folder: string, after: readonly string[]): string {
  const base = relative(folder, 'tsconfig.base.json')
  return `{\n  "extends": "${base}",\n  ${refer(folder, after)}\n}\n`
}

function refer(from: string, folders: readonly string[]): string {
  const items = folders.map((folder) => `{ "path": "${relative(from, folder)}" }`)
  const line = `"references": [${items.join(', ')}]`
  if (line.length + 2 <= WIDTH) return line
  return `"references": [\n${items.map((item) => `    ${item}`).join(',\n')}\n  ]`
}
