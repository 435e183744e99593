import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exampleKey } from '@prooftrail/testing/trail'
import { describe, expect, test } from 'vitest'
import { consistency } from './consistency.ts'
import {
  leavesOf,
  listen,
  logKeys,
  noteOf,
  ORIGIN,
  tempDir,
  writeJson,
  writeLog,
} from './log.fixtures.ts'

/** A log of 600 leaves in a folder, with two older checkpoints of it and one of a fork. */
function given() {
  const log = tempDir()
  const files = tempDir()
  writeLog(log, leavesOf(600))
  const file = (name: string, note: string) => {
    writeFileSync(join(files, name), note)
    return join(files, name)
  }
  return {
    log,
    files,
    keys: writeJson(files, 'keys.json', logKeys),
    old: file('old', noteOf(leavesOf(300))),
    older: file('older', noteOf(leavesOf(7))),
    forked: file('forked', noteOf(leavesOf(300, 'b'))),
    unsigned: file('unsigned', noteOf(leavesOf(300), [exampleKey(ORIGIN, ['log'], 'mallory')])),
  }
}

describe('given a log of 600 leaves and checkpoints of it', () => {
  test('when two are compared, in either order or as sizes, then a proof shows that one begins with the other', async () => {
    const { log, keys, old, older } = given()
    for (const ends of [
      [older, old],
      [old, older],
      ['7', '300'],
      ['0', old],
      ['599', '600'],
      ['300', old],
    ]) {
      const out = listen()
      const [one = '', other = ''] = ends
      expect(await consistency([one, other], { log, keys }, out)).toBe(0)
      expect(out.documents).toMatchObject([
        { origin: ORIGIN, consistent: true, signatures: 'checked' },
      ])
    }
  })

  test('when one is of another branch, then it is not consistent, and the exit code says so', async () => {
    const { log, keys, forked, older, old } = given()
    for (const ends of [
      [forked, '600'],
      [older, forked],
      [forked, old],
    ] as const) {
      const out = listen()
      expect(await consistency(ends, { log, keys }, out)).toBe(1)
      expect(out.documents).toMatchObject([{ consistent: false }])
    }
  })

  test('when nobody says whose keys count, then it is told that signatures were not checked', async () => {
    const { log, old, unsigned } = given()
    const out = listen()
    expect(await consistency([old, unsigned], { log }, out)).toBe(0)
    expect(out.documents).toMatchObject([{ signatures: 'not checked' }])
    expect(out.said.join()).toContain('not checked')
  })

  test('when a checkpoint is signed by somebody else, or an end is neither file nor size, it is refused', async () => {
    const { log, keys, files, old, unsigned } = given()
    const ask = (one: string, other: string) => consistency([one, other], { log, keys }, listen())
    await expect(ask(old, unsigned)).rejects.toMatchObject({ code: 'PT-8031' })
    await expect(ask(old, '601')).rejects.toMatchObject({ code: 'PT-8030' })
    await expect(ask(old, join(files, 'nothing'))).rejects.toMatchObject({ code: 'PT-8006' })
    await expect(ask(old, '07')).rejects.toMatchObject({ code: 'PT-8006' })
    const nowhere = consistency([old, '7'], { log: files, keys }, listen())
    await expect(nowhere).rejects.toMatchObject({ code: 'PT-8030', exit: 3 })
  })

  test('when the tiles are not those of the checkpoint, then sizes prove nothing', async () => {
    const { log, keys } = given()
    writeLog(log, leavesOf(600, 'b'), noteOf(leavesOf(600)))
    const ask = consistency(['7', '300'], { log, keys }, listen())
    await expect(ask).rejects.toMatchObject({ code: 'PT-8032' })
  })
})
