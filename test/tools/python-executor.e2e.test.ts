import { type ChildProcess, execFileSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { topicFor } from '@prooftrail/contracts'
import { generateKeyPair } from '@prooftrail/trail'
import { canonicalize } from '@prooftrail/trail/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWorld, type TestWorld } from '../world.ts'
import { aFolder, prooftrailJson, run, stays } from './prooftrail.ts'

const PYTHON = process.env.PYTHON ?? 'python3'
const EXAMPLE = fileURLToPath(new URL('../../examples/python-executor', import.meta.url))
const VECTORS = fileURLToPath(new URL('../vectors', import.meta.url))

/** Nothing is installed for this test: it runs where Python and the packages are there. */
function hasPackages(): boolean {
  try {
    const imports =
      'import sys, kafka, fastavro, cryptography, rfc8785; assert sys.version_info >= (3, 11)'
    execFileSync(PYTHON, ['-c', imports], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

const AGREES = `
import json, sys
sys.path.insert(0, sys.argv[1])
import proof, rfc8785
load = lambda name: json.load(open(sys.argv[2] + "/" + name))
links, ids, canonical = load("links.json"), load("ids.json"), load("canonical.json")
key = proof.Key(links["private_jwk"])
assert key.kid == links["key_id"]
for one in links["links"]:
    made = key.link(one["kind"], one["object"], one["after"])
    assert made["signature"] == one["signature"], one["kind"]
    assert proof.digest(one["object"]) == one["digest"]
for one in load("records.json"):
    made = proof.Key(one["private_jwk"]).record(one["record"])
    assert made["signature"] == one["signature"], one["what"]
for one in ids["tickets"]:
    assert proof.derived_id("ex", one["work_order_id"], one["exception_type"], one["n"]) == one["id"]
for one in canonical["accepted"]:
    assert rfc8785.dumps(json.loads(one["json"])).hex() == one["bytes"]
print("agrees")
`

describe.skipIf(!hasPackages())('given an executor in Python, written from the page alone', () => {
  let world: TestWorld
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world?.stop())

  test('when it makes what the vectors hold, then both agree byte for byte', async () => {
    const ended = await run(PYTHON, ['-c', AGREES, EXAMPLE, VECTORS], aFolder())
    expect(ended).toMatchObject({ exit: 0, stdout: 'agrees\n' })
  })

  test('when orders come, complete and not, then their trails verify; said again, nothing is added', async () => {
    const folder = aFolder()
    cpSync(EXAMPLE, folder, { recursive: true })
    writeFileSync(join(folder, 'own.jwk'), JSON.stringify(generateKeyPair().privateKey))
    await prooftrailJson(folder, 'tools', 'deploy', '.', '--topics-only')
    const start = () =>
      stays(PYTHON, ['executor.py'], folder, /takes commands/, { KEY_FILE: 'own.jwk' })
    const first = await start()

    const tried = () =>
      prooftrailJson<{ work_order_id: string; verdict: { ok: boolean; verdict: string } }>(
        folder,
        ...['tools', 'try', '.'],
      )
    const ready = await tried()
    expect(ready.verdict).toMatchObject({ ok: true, verdict: 'ready' })

    const order = JSON.parse(readFileSync(join(folder, 'order.json'), 'utf8'))
    delete order.evidence.language
    writeFileSync(join(folder, 'order.json'), JSON.stringify(order))
    expect((await tried()).verdict).toMatchObject({ ok: true, verdict: 'partial' })

    const { work_order_id } = ready
    const said = () => world.heard('result.produced', work_order_id).map(({ value }) => value)
    expect(said()).toHaveLength(1)
    await stopped(first)
    const groupId = 'prooftrail.wordcount@1.0.0'
    const topic = topicFor('execution.commanded', 'wordcount')
    await world.admin.resetOffsets({ groupId, topic, earliest: true })
    await start()
    await world.until('the result said again', () => said()[1])
    await world.settle()
    const [once, again] = said()
    expect(canonicalize(again)).toBe(canonicalize(once))
    const parked = world.heard('parked').filter(({ value }) => value.document === work_order_id)
    expect(parked).toEqual([])
    expect(world.heard('result.accepted', work_order_id)).toHaveLength(1)
  }, 180_000)
})
