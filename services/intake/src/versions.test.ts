import { expect, test } from 'vitest'
import { compareVersions, newestInService } from './versions.ts'

test('given versions in the order of Semantic Versioning, when any two are compared, then it shows', () => {
  const ordered = [
    ...['no version', '0.9.10', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta'],
    ...['1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.2.0', '1.10.0', '2.0.0'],
  ]
  for (const [i, one] of ordered.entries()) {
    for (const [j, other] of ordered.entries()) {
      expect(Math.sign(compareVersions(one, other)), `${one} ${other}`).toBe(Math.sign(i - j))
    }
  }
})

test('given build metadata, when versions are compared, then it does not count', () => {
  expect(compareVersions('1.0.0+a', '1.0.0+b')).toBe(0)
})

test('given no version in service, when the newest is asked for, then there is none', () => {
  expect(newestInService([])).toBeUndefined()
})
