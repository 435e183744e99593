/** docs/support.md as data. */
import { readText } from '../repo/files.ts'

/** The table's row of a part: its versions, and the exact ones that were tried. */
function rowOf(part: string): { versions: string; tried: string } {
  const row = readText('docs/support.md')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .find(([, name]) => name === part)
  const [, , versions, tried] = row ?? []
  if (versions === undefined || tried === undefined) throw new Error(`no row of ${part}`)
  return { versions, tried }
}

/** What the table says is supported. */
export const supportedVersions = (part: string): string => rowOf(part).versions

/** Every exact version that the row of a part names as tried, in its order. */
export const triedVersions = (part: string): string[] =>
  rowOf(part).tried.match(/\d+\.\d+\.\d+/g) ?? []
