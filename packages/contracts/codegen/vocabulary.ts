/** The closed lists of schemas/vocabulary/, and packages/trail/src/format/vocabulary.ts. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MARK } from './mark.ts'

/** One closed list as its file says it; `extends` names the list whose values come first. */
interface ListFile {
  readonly doc: string
  readonly extends?: string
  readonly values: readonly string[]
}

/** Every closed list by the name of its file, which is what a field's `closed` says. */
export type Vocabulary = ReadonlyMap<string, ListFile>

const SUFFIX = '.json'

/** The lists below `folder` (schemas/vocabulary/). Throws when one extends none or says a value twice. */
export function readVocabulary(folder: string): Vocabulary {
  const files = readdirSync(folder).filter((file) => file.endsWith(SUFFIX))
  const lists = new Map(
    files.sort().map((file) => {
      // compared with the rest of the form by the generated code's compiler
      const list = JSON.parse(readFileSync(join(folder, file), 'utf8')) as ListFile
      return [file.slice(0, -SUFFIX.length), list]
    }),
  )
  for (const name of lists.keys()) {
    const values = valuesOf(lists, name)
    if (new Set(values).size !== values.length) throw new Error(`${name} says a value twice`)
  }
  return lists
}

/** All values of a list. Throws for a name that no list has. */
export function valuesOf(vocabulary: Vocabulary, name: string): string[] {
  const list = vocabulary.get(name)
  if (list === undefined) throw new Error(`no closed list is named ${name}`)
  return [...(list.extends === undefined ? [] : valuesOf(vocabulary, list.extends)), ...list.values]
}

/** `CallbackStatus` of `callback_status`. */
export function typeNameOf(list: string): string {
  return list.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** `CALLBACK_STATUS`, `SEVERITIES`, `VERDICTS`: a list's name in the plural. */
function constantNameOf(list: string): string {
  const plural = list.endsWith('status') ? list : `${list}s`.replace(/ys$/, 'ies')
  return plural.toUpperCase()
}

/** The text of vocabulary.ts: each list and the union of its values. */
export function vocabularySource(vocabulary: Vocabulary): string {
  const lists = [...inOrder(vocabulary)].map(([name, list]) => {
    const others = list.extends === undefined ? [] : [`  ...${constantNameOf(list.extends)},`]
    return [
      `/** ${list.doc} */`,
      `export const ${constantNameOf(name)} = [`,
      ...others,
      ...list.values.map((value) => `  '${value}',`),
      '] as const',
      `export type ${typeNameOf(name)} = (typeof ${constantNameOf(name)})[number]`,
      '',
    ].join('\n')
  })
  return [
    MARK,
    '',
    '/** The closed lists of the wire format: the values a member may have. */',
    '',
    ...lists,
  ].join('\n')
}

/** A list stands behind the one that it extends. */
function inOrder(vocabulary: Vocabulary): [string, ListFile][] {
  const depth = (list: ListFile | undefined): number =>
    list?.extends === undefined ? 0 : 1 + depth(vocabulary.get(list.extends))
  return [...vocabulary].sort(([, a], [, b]) => depth(a) - depth(b))
}
