/** What a compiler builds: every package of the repository. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const GROUPS = ['packages', 'services', 'services/executors']

/** The root's tsconfig.json, and the bench's, with a reference to every package. */
export function references(root: string): Map<string, string> {
  const folders = GROUPS.flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .map((name) => `${group}/${name}`),
  ).filter((folder) => existsSync(join(root, folder, 'tsconfig.json')))
  const list = (from: string) =>
    `[\n${folders.map((folder) => `    { "path": "${from}${folder}" }`).join(',\n')}\n  ]`
  return new Map([
    ['tsconfig.json', `{\n  "files": [],\n  "references": ${list('')}\n}\n`],
    [
      'bench/tsconfig.json',
      `{
  "extends": "../tsconfig.base.json",
  "compilerOptions": {
    "rootDir": "src",
    "outDir": "dist",
    "tsBuildInfoFile": "dist/.tsbuildinfo"
  },
  "include": ["src"],
  "references": ${list('../')}
}
`,
    ],
  ])
}
