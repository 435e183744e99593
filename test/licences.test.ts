/** Whoever takes this product may use all that comes with it: every dependency's licence is known. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
// @ts-expect-error it has no types
import satisfies from 'spdx-satisfies'
import { describe, expect, test } from 'vitest'
import { ROOT, readText } from './repo/files.ts'
import { readWorkspaces } from './repo/workspaces.ts'

/** Licences that let a product under Apache-2.0 be sold, changed and shipped with what they cover. */
const ALLOWED = [
  ...['MIT', 'MIT-0', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense'],
  ...['BlueOak-1.0.0', 'Python-2.0', 'CC0-1.0', 'CC-BY-3.0', 'CC-BY-4.0'],
  // its files stay under it; what uses them does not come under it
  'MPL-2.0',
]

/** Packages that name no licence in SPDX's terms, with what their licence file says. */
const READ_BY_US: Readonly<Record<string, RegExp>> = {
  '@kafkajs/confluent-schema-registry': /^MIT License/,
  buildcheck: /Permission is hereby granted, free of charge/,
  'cpu-features': /Permission is hereby granted, free of charge/,
  ssh2: /Permission is hereby granted, free of charge/,
}

interface Locked {
  path: string
  name: string
  licence: string | undefined
}

function lockedPackages(): Locked[] {
  const { packages }: { packages: Record<string, { license?: string; link?: boolean }> } =
    JSON.parse(readText('package-lock.json'))
  return Object.entries(packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
    .map(([path, { license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      return { path, name, licence: license }
    })
}

/** SPDX has no name `MIT/X11`: it is MIT's older name. */
const inSpdx = (licence: string) => licence.replace('MIT/X11', 'MIT')

function isAllowed({ licence }: Locked): boolean {
  try {
    return licence !== undefined && satisfies(inSpdx(licence), ALLOWED)
  } catch {
    return false // not in SPDX's terms
  }
}

describe('licences', () => {
  const locked = lockedPackages()

  test('every dependency of the lock file has one that is allowed, or was read by us', () => {
    expect(locked.length).toBeGreaterThan(300)
    const bad = locked.filter((one) => !isAllowed(one) && READ_BY_US[one.name] === undefined)
    expect(bad.map(({ path, licence }) => `${path}: ${licence}`)).toEqual([])
  })

  test.each(Object.entries(READ_BY_US))('%s comes with the licence that was read', (name, text) => {
    const found = locked.find((one) => one.name === name)
    expect(found === undefined || !isAllowed(found)).toBe(true)
    const read = () => readFileSync(join(ROOT, found?.path ?? '', 'LICENSE'), 'utf8')
    // what is optional may not be installed on this machine
    if (found && !isInstalled(found.path)) return
    expect(read()).toMatch(text)
  })

  test('a licence that is not in the list is not let through', () => {
    const of = (licence?: string) => isAllowed({ path: '', name: '', licence })
    expect([of('MIT'), of('(GPL-3.0 OR MIT)'), of('MIT AND ISC')]).toEqual([true, true, true])
    expect([of('GPL-3.0'), of('SSPL-1.0'), of('see file'), of()]).toEqual(Array(4).fill(false))
  })

  test('the root and every package that is published say which one is ours', () => {
    expect(readText('LICENSE')).toContain('Apache License')
    const manifests = ['.', ...readWorkspaces().map((one) => one.folder)]
      .map((folder) => JSON.parse(readText(`${folder}/package.json`)))
      .filter(({ name, private: isPrivate }) => name === 'prooftrail' || isPrivate !== true)
    expect(manifests.length).toBeGreaterThan(1)
    expect(manifests.filter(({ license }) => license !== 'Apache-2.0')).toEqual([])
  })
})

function isInstalled(path: string): boolean {
  try {
    readFileSync(join(ROOT, path, 'package.json'))
    return true
  } catch {
    return false
  }
}
