/** The table of rules in the README of every tool of the repository that declares some. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { withRegion } from './region.ts'

/** One rule as a tool's src/rules.ts declares it. */
interface Rule {
  readonly sentence: string
  readonly codes: readonly string[]
  readonly case: string
}

/** The README of each tool that has a src/rules.ts, with its `rules` written into its place. */
export async function rulesPages(root: string): Promise<[string, string][]> {
  const pages: [string, string][] = []
  for (const tool of readdirSync(join(root, 'services/executors')).sort()) {
    const folder = `services/executors/${tool}`
    const file = join(root, folder, 'src/rules.ts')
    if (!existsSync(file)) continue
    const module: { rules: Record<string, Rule> } = await import(pathToFileURL(file).href)
    const path = `${folder}/README.md`
    const page = readFileSync(join(root, path), 'utf8')
    pages.push([path, withRegion(page, 'rules', `\n${tableOf(module.rules)}`)])
  }
  return pages
}

function tableOf(rules: Record<string, Rule>): string {
  const rows = Object.entries(rules).map(([id, { sentence, codes, case: shown }]) => {
    const told = codes.map((code) => `\`${code}\``).join(', ')
    return `| ${id} | ${sentence} | ${told} | [${shown}](cases/${shown}.json) |\n`
  })
  return `| rule | says | known by | case |\n| --- | --- | --- | --- |\n${rows.join('')}`
}
