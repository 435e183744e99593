import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exampleKey, exampleTrailKey, growTree } from '@prooftrail/testing/trail'
import {
  consistencyProof,
  cosignatureTimes,
  encodeAddCheckpoint,
  parseCosignerVkey,
  parseNote,
  vkeyOf,
  withSignatures,
} from '@prooftrail/trail/log'
import { describe, expect, onTestFinished, test } from 'vitest'
import { leavesOf, listen, logKey, noteOf, ORIGIN, tempDir, writeJson } from './log.fixtures.ts'
import { startWitness, type WitnessOptions } from './witness.ts'

const name = 'witness.example/cli'
const logVkey = vkeyOf(ORIGIN, logKey.privateKey)

function options(dir: string, changes: Partial<WitnessOptions> = {}): WitnessOptions {
  return {
    ...{ name, key: join(dir, 'witness.jwk'), state: join(dir, 'state.json'), log: [logVkey] },
    ...{ host: '127.0.0.1', port: '0', new: true },
    ...changes,
  }
}

async function start(of: WitnessOptions) {
  const out = listen()
  const running = await startWitness(of, out)
  let isOver = false
  const stop = async () => {
    if (!isOver) await running.stop()
    isOver = true
  }
  onTestFinished(stop)
  return { ...running, stop, said: out.said }
}

function request(old: number, size: number, branch = 'a', note?: string): string {
  const { get } = growTree(leavesOf(size, branch))
  return encodeAddCheckpoint({
    old,
    proof: old > size ? [] : consistencyProof(old, size, get),
    note: note ?? noteOf(leavesOf(size, branch)),
  })
}

async function post(url: string, body: string | Uint8Array<ArrayBuffer>) {
  const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body })
  const type = answer.headers.get('content-type')
  return { status: answer.status, type, text: await answer.text() }
}

describe('given a witness of a log', () => {
  test('when the log grows, then it cosigns, and what it gives is a cosignature of its key', async () => {
    const running = await start(options(tempDir()))
    const before = Math.floor(Date.now() / 1000)
    for (const [old, size] of [
      [0, 10],
      [10, 10],
      [10, 300],
    ] as const) {
      const { status, text } = await post(running.url, request(old, size))
      expect(status).toBe(200)
      const note = parseNote(withSignatures(noteOf(leavesOf(size)), [text]))
      const [time = 0, ...more] = cosignatureTimes(note, parseCosignerVkey(running.vkey))
      expect(time).toBeGreaterThanOrEqual(before)
      expect(more).toEqual([])
    }
    expect(await (await fetch(running.url)).text()).toBe(`${running.vkey}\n`)
  })

  test('when the log forks, then it cosigns one branch only, also after a restart', async () => {
    const dir = tempDir()
    const first = await start(options(dir))
    expect(await post(first.url, request(0, 20))).toMatchObject({ status: 200 })
    await first.stop()
    const second = await start(options(dir, { new: false }))
    expect(second.vkey).toBe(first.vkey)
    const conflict = { status: 409, type: 'text/x.tlog.size', text: '20\n' }
    expect(await post(second.url, request(20, 20, 'b'))).toEqual(conflict)
    expect(await post(second.url, request(0, 20, 'b'))).toEqual(conflict)
    expect(await post(second.url, request(10, 10))).toEqual(conflict)
    expect(await post(second.url, request(20, 30, 'b'))).toMatchObject({ status: 422 })
    expect(second.said.join()).toContain('does not begin with 20')
    expect(await post(second.url, request(20, 30))).toMatchObject({ status: 200 })
  })

  test('when two branches come at once, then one of them gets a cosignature', async () => {
    const running = await start(options(tempDir()))
    expect(await post(running.url, request(0, 5))).toMatchObject({ status: 200 })
    const bodies = ['a', 'b', 'c', 'd'].map((branch) => request(5, 40, branch))
    const answers = await Promise.all(bodies.map((body) => post(running.url, body)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
  })

  test('when it comes from elsewhere or is no request, then each has its answer and nothing is kept', async () => {
    const dir = tempDir()
    const running = await start(options(dir))
    const mallory = exampleKey(ORIGIN, ['log'], 'mallory')
    const forged = noteOf(leavesOf(9), [mallory])
    const elsewhere = request(0, 9).replaceAll(ORIGIN, 'log.example/else')
    expect(await post(running.url, request(0, 9, 'a', forged))).toMatchObject({ status: 403 })
    expect(await post(running.url, elsewhere)).toMatchObject({ status: 404 })
    expect(await post(running.url, request(12, 9))).toMatchObject({ status: 400 })
    expect(await post(running.url, 'nothing')).toMatchObject({ status: 400 })
    expect(await post(running.url, 'x'.repeat(70_000))).toMatchObject({ status: 413 })
    expect(await post(running.url, Uint8Array.of(0xff))).toMatchObject({ status: 413 })
    expect((await fetch(`${running.url}/add-checkpoint`)).status).toBe(405)
    expect((await fetch(`${running.url}/other`)).status).toBe(404)
    const { logs } = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'))
    expect(logs).toEqual({})
  })

  test('when it trusts a key list, then a key that ended or was revoked counts no more, and a new one at once', async () => {
    const dir = tempDir()
    const next = exampleKey(ORIGIN, ['log'], 'next')
    const ended = Math.floor(Date.now() / 1000) - 1
    const { log: _, ...given } = options(dir)
    const list = (...keys: object[]) => writeJson(dir, 'keys.json', { keys })
    const running = await start({ ...given, keys: list(exampleTrailKey(logKey)) })
    expect(await post(running.url, request(0, 7))).toMatchObject({ status: 200 })
    list(exampleTrailKey(logKey, { revoked_at_log_size: 8 }), exampleTrailKey(next))
    expect(await post(running.url, request(7, 9))).toMatchObject({ status: 403 })
    // the overlap: the old and the new key sign side by side
    const both = noteOf(leavesOf(8), [logKey, next])
    expect(await post(running.url, request(7, 8, 'a', both))).toMatchObject({ status: 200 })
    list(exampleTrailKey(logKey, { exp: ended }), exampleTrailKey(next))
    expect(await post(running.url, request(8, 9))).toMatchObject({ status: 403 })
    const renewed = noteOf(leavesOf(9), [next])
    expect(await post(running.url, request(8, 9, 'a', renewed))).toMatchObject({ status: 200 })
  })
})

describe('given the state of a witness', () => {
  const refused = { code: 'PT-8033', exit: 2 }

  test('when the file is lost, then it does not start as if it had seen nothing', async () => {
    const dir = tempDir()
    const first = await start(options(dir))
    await first.stop()
    await expect(start(options(dir))).rejects.toMatchObject(refused)
    rmSync(join(dir, 'state.json'))
    await expect(start(options(dir, { new: false }))).rejects.toMatchObject({ code: 'PT-8006' })
    writeFileSync(join(dir, 'state.json'), '{"format":"prooftrail-witness/v1","logs":{"a":"b"}}')
    await expect(start(options(dir, { new: false }))).rejects.toMatchObject(refused)
    expect(existsSync(join(dir, 'state.json.lock'))).toBe(false)
  })

  test('when another process holds it, then it is refused; a dead one holds nothing', async () => {
    const dir = tempDir()
    const first = await start(options(dir))
    await expect(start(options(dir, { new: false }))).rejects.toMatchObject(refused)
    await first.stop()
    // no process has this id
    writeFileSync(join(dir, 'state.json.lock'), String(2 ** 30))
    await start(options(dir, { new: false }))
  })
})
