/** The kinds of link that a tool makes beside its contract, for docs/executor-contract.md. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A row per kind, as `packages/trail/src/format/kinds.ts` of the repository has them. */
export async function toolLinksTable(root: string): Promise<string> {
  const file = pathToFileURL(join(root, 'packages/trail/src/format/kinds.ts')).href
  const { TOOL_LINKS, kindOf }: typeof import('@prooftrail/trail/format') = await import(file)
  const rows = TOOL_LINKS.map((name) => `| \`${name}\` | \`${kindOf(name).id ?? ''}\` |`)
  return ['', '| link of a tool | its own id |', '| --- | --- |', ...rows, ''].join('\n')
}
