/** The page of the wire format and whatever refers to it agree. */
import { PROBLEM_SECTIONS } from '@prooftrail/trail/format'
import { expect, test } from 'vitest'
import { filesBelow, readText } from './repo/files.ts'

const PAGE = 'docs/wire-format.md'

/** Text of each section by its number, subsections included (`5`, `5.1`, …). */
const sections = new Map<string, string>()
for (const part of readText(PAGE)
  .split(/^(?=## )/m)
  .slice(1)) {
  sections.set(numberOf(part), part)
  for (const sub of part.split(/^(?=### )/m).slice(1)) sections.set(numberOf(sub), sub)
}

function numberOf(part: string): string {
  return /^#+ ([0-9]+(?:\.[0-9]+)?)/.exec(part)?.[1] ?? part.slice(0, 40)
}

/** "wire format section 5", "wire format, sections 1 to 3", "wire format says (section 6" … */
const REFERENCE =
  /wire[ -]format[^.\n]{0,24}?sections? ([0-9]+(?:\.[0-9]+)?(?:(?:, | and | to )[0-9]+(?:\.[0-9]+)?)*)/gi

test('the sections are numbered from 1, in order', () => {
  const whole = [...sections.keys()].filter((number) => /^[0-9]+$/.test(number))
  expect(whole).toEqual(whole.map((_, i) => String(i + 1)))
  const parts = [...sections.keys()].filter((number) => number.startsWith('5.'))
  expect(parts).toEqual(parts.map((_, i) => `5.${i + 1}`))
})

test('every section that anybody refers to is there', () => {
  const texts = ['packages', 'services', 'docs', 'test', 'schemas', 'examples', 'bench'].flatMap(
    (folder) => filesBelow(folder).filter((path) => /\.(ts|md|py|js|avsc|go)$/.test(path)),
  )
  const found = texts.flatMap((path) =>
    [
      ...readText(path)
        .replaceAll(/\n\s*(?:\*|\/\/)?\s*/g, ' ')
        .matchAll(REFERENCE),
    ].flatMap(([, list = '']) => list.split(/, | and | to /).map((number) => ({ path, number }))),
  )
  expect(found.length).toBeGreaterThan(40)
  expect(found.filter(({ number }) => !sections.has(number))).toEqual([])
})

test('every code of the verifier names a section, and the section names the code', () => {
  const unnamed = Object.entries(PROBLEM_SECTIONS).filter(
    ([code, section]) => !sections.get(String(section))?.includes(`\`${code}\``),
  )
  expect(unnamed).toEqual([])
  // and the page names no code that the verifier does not have
  const named = readText(PAGE).match(/`[A-Z]+_[A-Z_]+`/g) ?? []
  const known = new Set(Object.keys(PROBLEM_SECTIONS))
  expect(named.map((code) => code.slice(1, -1)).filter((code) => !known.has(code))).toEqual([])
})
