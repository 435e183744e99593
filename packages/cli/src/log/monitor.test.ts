import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exampleKey, exampleTrailKey, makeExampleTrail } from '@prooftrail/testing/trail'
import { cosign, cosignerVkey, parseNote, withSignatures } from '@prooftrail/trail/log'
import { describe, expect, test } from 'vitest'
import { type FollowOptions, monitor } from './follow.ts'
import {
  leavesOf,
  listen,
  logKey,
  logKeys,
  noteOf,
  ORIGIN,
  tempDir,
  writeJson,
  writeLog,
} from './log.fixtures.ts'

const never = new Promise<void>(() => {})

function given(size = 300) {
  const log = tempDir()
  const dir = tempDir()
  const options: FollowOptions = {
    keys: writeJson(dir, 'keys.json', logKeys),
    state: join(dir, 'state.json'),
    ...{ every: '1', once: true },
  }
  writeLog(log, leavesOf(size))
  return {
    ...{ log, dir, options },
    async look(changes: Partial<FollowOptions> = {}) {
      const out = listen()
      const exit = await monitor(log, { ...options, ...changes }, out, never)
      const [found] = out.documents as { size: number; alarms: { code: string }[] }[]
      return {
        exit,
        codes: found?.alarms.map(({ code }) => code),
        found,
        said: out.said.join('\n'),
      }
    },
  }
}

describe('given a log that is followed', () => {
  test('when it grows or rests, then nothing is wrong, also over a restart', async () => {
    const { log, look } = given()
    expect(await look()).toMatchObject({ exit: 0, codes: [], found: { size: 300, grown: 0 } })
    expect(await look()).toMatchObject({ exit: 0, codes: [] })
    writeLog(log, leavesOf(700))
    expect(await look()).toMatchObject({ exit: 0, found: { size: 700, grown: 400 } })
  })

  test('when it forks, then it shouts, keeps both checkpoints, and goes on shouting', async () => {
    for (const size of [300, 420]) {
      const { log, look, options } = given()
      await look()
      writeLog(log, leavesOf(size, 'b'))
      for (let times = 0; times < 2; times++) {
        const { exit, codes, said } = await look()
        expect({ exit, codes }).toEqual({ exit: 1, codes: ['PT-8034'] })
        expect(said).toContain('ALARM')
      }
      const evidence = JSON.parse(readFileSync(`${options.state}.evidence.json`, 'utf8'))
      expect(evidence.evidence).toEqual({
        known: noteOf(leavesOf(300)),
        shown: noteOf(leavesOf(size, 'b')),
      })
      writeLog(log, leavesOf(310))
      expect(await look()).toMatchObject({ exit: 0 })
    }
  })

  test('when it shrinks, is signed by somebody else, or serves other tiles, then each has its alarm', async () => {
    const { log, look } = given()
    await look()
    writeLog(log, leavesOf(200))
    expect(await look()).toMatchObject({ exit: 1, codes: ['PT-8035'] })
    const mallory = exampleKey(ORIGIN, ['log'], 'mallory')
    writeLog(log, leavesOf(400), noteOf(leavesOf(400), [mallory]))
    expect(await look()).toMatchObject({ exit: 1, codes: ['PT-8031'] })
    writeLog(log, leavesOf(400, 'b'), noteOf(leavesOf(400)))
    expect(await look()).toMatchObject({ exit: 1, codes: ['PT-8032'] })
    writeLog(log, leavesOf(400))
    expect(await look()).toMatchObject({ exit: 0 })
  })

  test('when its key was retired, then what that key signs is refused; during the overlap both lists follow it', async () => {
    const { log, look, dir } = given()
    const next = exampleKey(ORIGIN, ['log'], 'next')
    const past = Math.floor(Date.now() / 1000) - 60
    const keys = writeJson(dir, 'new.json', {
      keys: [exampleTrailKey(logKey, { exp: past }), exampleTrailKey(next)],
    })
    await look()
    expect(await look({ keys })).toMatchObject({ exit: 1, codes: ['PT-8031'] })
    writeLog(log, leavesOf(310), noteOf(leavesOf(310), [next, logKey]))
    expect(await look()).toMatchObject({ exit: 0 })
    expect(await look({ keys })).toMatchObject({ exit: 0, codes: [] })
    writeLog(log, leavesOf(320), noteOf(leavesOf(320), [next]))
    expect(await look()).toMatchObject({ exit: 1, codes: ['PT-8031'] })
    expect(await look({ keys })).toMatchObject({ exit: 0 })
  })

  test('when it rests longer than allowed, then it is stale', async () => {
    const { look, options } = given()
    await look({ maxAge: '60' })
    const state = JSON.parse(readFileSync(String(options.state), 'utf8'))
    writeFileSync(String(options.state), JSON.stringify({ ...state, since: state.since - 61_000 }))
    expect(await look({ maxAge: '60' })).toMatchObject({ exit: 1, codes: ['PT-8038'] })
    expect(await look({ maxAge: '600' })).toMatchObject({ exit: 0 })
  })

  test('when a policy asks for witnesses, then too few of them, and old ones, are told', async () => {
    const { log, look, dir } = given()
    const names = ['w1', 'w2']
    const policy = writeJson(dir, 'policy.json', {
      format: 'prooftrail-policy/v1',
      witnesses: names.map((name) => {
        return { vkey: cosignerVkey(name, exampleKey(name, ['log']).privateKey) }
      }),
      at_least: 2,
    })
    const now = Math.floor(Date.now() / 1000)
    const note = noteOf(leavesOf(300))
    const cosigned = (...times: number[]) => {
      const lines = times.map((time, i) => {
        const name = names[i] ?? ''
        return cosign(parseNote(note).text, name, exampleKey(name, ['log']), now + time)
      })
      writeLog(log, leavesOf(300), withSignatures(note, lines))
    }
    expect(await look({ policy })).toMatchObject({ exit: 1, codes: ['PT-8036'] })
    cosigned(-5)
    expect(await look({ policy })).toMatchObject({ exit: 1, codes: ['PT-8036'] })
    cosigned(-5, -100)
    expect(await look({ policy })).toMatchObject({ exit: 0, found: { cosigned: [{}, {}] } })
    expect(await look({ policy, maxAge: '120' })).toMatchObject({ exit: 0 })
    expect(await look({ policy, maxAge: '60' })).toMatchObject({ exit: 1, codes: ['PT-8038'] })
  })

  test('when a trail of ours is not in it, then that is an alarm', async () => {
    const { look, dir } = given()
    const { bundle, keys } = makeExampleTrail({ kind: 'tokenops-ready' })
    const both = writeJson(dir, 'both.json', { keys: [...logKeys.keys, ...keys.keys] })
    const trail = [writeJson(dir, 'trail.json', bundle)]
    // of another log
    expect(await look({ keys: both, trail })).toMatchObject({ exit: 1, codes: ['PT-8034'] })
    expect(await look({ trail })).toMatchObject({ exit: 1, codes: ['PT-8037'] })
  })

  test('when the log is away, then one look says so, and whoever follows waits', async () => {
    const { options } = given()
    const nowhere = tempDir()
    const once = monitor(nowhere, options, listen(), never)
    await expect(once).rejects.toMatchObject({ code: 'PT-8030', exit: 3 })
    const out = listen()
    const stopped = Promise.resolve()
    expect(await monitor(nowhere, { ...options, once: false }, out, stopped)).toBe(0)
    expect(out.said.join()).toContain('PT-8030')
  })
})
