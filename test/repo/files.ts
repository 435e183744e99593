/** The repository's own files, as whoever clones it has them. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** Names that .gitignore leaves out, wherever they stand; `deploy/keys` among them by its path. */
const ignored = readText('.gitignore').split('\n').filter(Boolean)

/** Paths from the root, in order; what is ignored and the repository's own folder left out. */
export function filesBelow(folder: string, ending = ''): string[] {
  return readdirSync(join(ROOT, folder))
    .sort()
    .flatMap((name) => {
      const path = relative(ROOT, join(ROOT, folder, name))
      if (name === '.git' || isIgnored(path, name)) return []
      if (statSync(join(ROOT, path)).isDirectory()) return filesBelow(path, ending)
      return path.endsWith(ending) ? [path] : []
    })
}

function isIgnored(path: string, name: string): boolean {
  return ignored.some(
    (rule) =>
      rule === name || rule === path || (rule.startsWith('*.') && name.endsWith(rule.slice(1))),
  )
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Sources that run in production: no tests and nothing that only tests use. */
export function sourcesOf(folder: string): string[] {
  return filesBelow(`${folder}/src`, '.ts').filter((path) => !/\.(test|fixtures)\.ts$/.test(path))
}

/** Text of all production sources of a folder. */
export function sourceTextOf(folder: string): string {
  return sourcesOf(folder).map(readText).join('\n')
}
