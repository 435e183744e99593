import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { compareChecksums, hashFolders, parseChecksums } from './checksums.ts'

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const OTHER = '0'.repeat(64)

describe('checksums', () => {
  test('a list is read as sha256sum prints it', () => {
    expect(parseChecksums(`${ABC}  kafka/a.jar\n${OTHER} *mongodb/b.jar\n`)).toEqual(
      new Map([
        ['kafka/a.jar', ABC],
        ['mongodb/b.jar', OTHER],
      ]),
    )
  })

  test('a line of another form is refused', () => {
    expect(() => parseChecksums('abc  kafka/a.jar')).toThrow('abc  kafka/a.jar')
  })

  test('files that equal the list have no fault', () => {
    const list = parseChecksums(`${ABC}  kafka/a.jar`)
    expect(compareChecksums(list, new Map(list))).toEqual([])
  })

  test('every difference is named: missing, added, changed', () => {
    const expected = parseChecksums(`${ABC}  kafka/a.jar\n${ABC}  kafka/b.jar`)
    const actual = parseChecksums(`${OTHER}  kafka/b.jar\n${ABC}  kafka/c.jar`)
    expect(compareChecksums(expected, actual)).toEqual([
      'kafka/a.jar is missing',
      `kafka/b.jar has SHA-256 ${OTHER}, expected ${ABC}`,
      'kafka/c.jar is not on the list',
    ])
  })

  test('files are hashed as they are', async () => {
    const root = await mkdtemp(join(tmpdir(), 'prooftrail-test-'))
    onTestFinished(() => rm(root, { recursive: true }))
    await mkdir(join(root, 'kafka'))
    await writeFile(join(root, 'kafka', 'a.jar'), 'abc')
    expect(await hashFolders(root)).toEqual(new Map([['kafka/a.jar', ABC]]))
  })
})
