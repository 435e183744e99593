import { describe, expect, test } from 'vitest'
import { findJava, findMaven, majorOf, parseVersion } from './java.ts'

describe('Java and Maven', () => {
  test.each([
    ['openjdk version "17.0.15" 2025-04-15', '17.0.15', 17],
    ['java version "1.8.0_402"', '1.8.0_402', 8],
    ['openjdk version "26-ea" 2026-03-17', '26-ea', 26],
  ])('%s is understood', (printed, version, major) => {
    expect(parseVersion(printed)).toBe(version)
    expect(majorOf(version)).toBe(major)
  })

  test('without Java one sentence says what to install', async () => {
    expect(await findJava({ PATH: '/nowhere' })).toMatch(
      /^Java was not found: install a JDK 17 or newer .*\.$/,
    )
  })

  test('without Maven one sentence says what to install', async () => {
    expect(await findMaven({ PATH: '/nowhere' })).toMatch(
      /^Maven was not found.*install Apache Maven.*\.$/,
    )
  })
})
