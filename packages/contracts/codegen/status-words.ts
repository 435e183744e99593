import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The published list of status words, as a table of its meanings. */
export async function statusWordsTable(root: string): Promise<string> {
  const file = join(root, 'packages/executor-sdk/src/status-words.ts')
  // the list lies above this package: it is read as a document, never imported by its code
  const module: { STATUS_WORDS: Record<string, string[]> } = await import(pathToFileURL(file).href)
  const rows = Object.entries(module.STATUS_WORDS)
  const lines = rows.map(([meaning, words]) => `| ${meaning} | ${words.join(', ')} |\n`)
  return `| meaning | words |\n| --- | --- |\n${lines.join('')}`
}
