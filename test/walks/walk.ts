/** The walks of CONTRIBUTING.md, as its page lists them, and the edits that follow them. */
import { readText } from '../repo/files.ts'

/** A change of one file: a new one, or text after the first place where another text stands. */
export type Edit = { path: string; text: string } | { path: string; after: string; insert: string }

/** What somebody does who follows one walk. */
export interface Walk {
  /** The heading in CONTRIBUTING.md. */
  title: string
  edits: readonly Edit[]
}

/** The files that the section lists, in its order; `most` is the number that its sentence promises. */
export function listedFiles(title: string): { files: string[]; most: number | undefined } {
  const [, section = ''] = readText('CONTRIBUTING.md').split(`\n### ${title}\n`)
  const [body = ''] = section.split(/\n##+ /)
  const files = [...body.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path ?? '')
  const [, most] = /at most (\d+) files/.exec(body) ?? []
  return { files, most: most === undefined ? undefined : Number(most) }
}

/** The text with the edit done. @throws Error where the place is not there */
export function edited(edit: Edit, before: string | undefined): string {
  if ('text' in edit) {
    if (before !== undefined) throw new Error(`${edit.path} exists`)
    return edit.text
  }
  const { path, after, insert } = edit
  if (before === undefined || !before.includes(after)) throw new Error(`${path} has no '${after}'`)
  return before.replace(after, `${after}${insert}`)
}
