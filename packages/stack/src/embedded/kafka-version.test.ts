import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { embeddedKafkas } from './artefacts.ts'
import { askedKafka, checksumsOf, KAFKA_VARIABLE, pomFor } from './kafka-version.ts'

const SOURCE = fileURLToPath(new URL('../../embedded/', import.meta.url))
const [own, ...others] = await embeddedKafkas()
const ask = (version: string) => askedKafka(SOURCE, { [KAFKA_VARIABLE]: version })

test('given nothing, or the version of the stack itself, then the stack is as it is pinned', async () => {
  expect(await askedKafka(SOURCE, {})).toBeUndefined()
  expect(await ask('')).toBeUndefined()
  expect(await ask(own)).toBeUndefined()
  expect(await pomFor(SOURCE, '/nowhere', undefined)).toBe(join(SOURCE, 'pom.xml'))
})

test('given a version whose files are not pinned, then those that are are named', async () => {
  await expect(ask('2.8.0')).rejects.toMatchObject({
    code: 'STACK_KAFKA_NOT_PINNED',
    message: expect.stringContaining([own, ...others].join(', ')),
  })
})

test.each(others)('given Kafka %s, then its files and no others are fetched', async (version) => {
  expect(await ask(version)).toBe(version)
  const folder = mkdtempSync(join(tmpdir(), 'prooftrail-poms-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const pom = await pomFor(SOURCE, folder, version)
  const text = readFileSync(join(pom, '../kafka/pom.xml'), 'utf8')
  expect(text).toContain(`<version>${version}</version>`)
  expect(text).not.toContain(`<version>${own}</version>`)
  const [mine, stack] = await Promise.all([
    checksumsOf(SOURCE, version),
    checksumsOf(SOURCE, undefined),
  ])
  expect(mine.has(`kafka/kafka_2.13-${version}.jar`)).toBe(true)
  expect(mine.has(`kafka/kafka_2.13-${own}.jar`)).toBe(false)
  const besides = (all: typeof mine) => [...all].filter(([path]) => !path.startsWith('kafka/'))
  expect(besides(mine)).toEqual(besides(stack))
})
