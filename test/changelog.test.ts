import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changelogSection, withSection } from '../deploy/release/changelog.ts'

const release = { version: '0.2.0', date: '2026-12-01' }

describe('given the subjects of commits', () => {
  test('when a section is made, then each change stands once under its first area, the newest first', () => {
    const subjects = [
      'receipt: holds end',
      'trail, cli: key lists are signed',
      'test: nothing a user meets',
      'Merge something',
      'receipt: an account belongs to one agent',
      'receipt: holds end',
    ]
    expect(changelogSection(subjects, release)).toBe(
      [
        '## 0.2.0 (2026-12-01)',
        '### receipt',
        '- holds end\n- an account belongs to one agent',
        '### trail',
        '- key lists are signed (also cli)\n',
      ].join('\n\n'),
    )
  })

  test('when a version is written again, then its section is replaced and the others stay', () => {
    const section = (version: string, what: string) =>
      changelogSection([`cli: ${what}`], { ...release, version })
    const first = withSection('# Changelog\n', section('0.1.0', 'first'))
    const second = withSection(first, section('0.2.0', 'second'))
    const again = withSection(second, section('0.2.0', 'third'))
    expect(again).not.toContain('second')
    expect(again.match(/^## .*/gm)).toEqual(['## 0.2.0 (2026-12-01)', '## 0.1.0 (2026-12-01)'])
    expect(again).toContain('- first')
  })

  test('when it is written twice, then the second time changes nothing', () => {
    const texts = fc.array(fc.stringMatching(/^[a-z]{1,8}: [a-z ]{1,20}[a-z]$/), { maxLength: 8 })
    fc.assert(
      fc.property(texts, (subjects) => {
        const section = changelogSection(subjects, release)
        const once = withSection('# Changelog\n\n## 0.1.0 (2026-01-01)\n\n- x\n', section)
        expect(withSection(once, section)).toBe(once)
      }),
    )
  })
})
