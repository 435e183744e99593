import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { StackAddresses } from '../addresses.ts'
import { findRunningStack } from '../start-stack.ts'
import { claimDataDir, isAlive, parseRecord, recordFile } from './claim.ts'

const NOW = new Date('2026-01-02T03:04:05.000Z')
const ADDRESSES: StackAddresses = {
  kafka: { brokers: ['127.0.0.1:9092'] },
  registry: { url: 'http://127.0.0.1:8081/apis/ccompat/v7' },
  mongodb: { url: 'mongodb://127.0.0.1:27017', kind: 'mongod', standIn: false },
}

async function openDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'prooftrail-test-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return dir
}

describe('the claim on a data directory', () => {
  test('of several starts at once exactly one gets it', async () => {
    const dir = await openDir()
    const starts = await Promise.allSettled(
      Array.from({ length: 8 }, () => claimDataDir(dir, () => NOW)),
    )
    expect(starts.filter((start) => start.status === 'fulfilled')).toHaveLength(1)
  })

  test('a second start says who runs it, since when, where, and what to do', async () => {
    const dir = await openDir()
    const claim = await claimDataDir(dir, () => NOW)
    await claim.publish({ addresses: ADDRESSES })
    const error: unknown = await claimDataDir(dir, () => NOW).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'STACK_ALREADY_RUNNING' })
    for (const part of [
      `${process.pid}`,
      NOW.toISOString(),
      '127.0.0.1:9092',
      'MONGODB_URL=mongodb:',
      `kill ${process.pid}`,
    ]) {
      expect(String(error)).toContain(part)
    }
  })

  test('addresses are found once they are published, and not after the release', async () => {
    const dir = await openDir()
    const claim = await claimDataDir(dir, () => NOW)
    expect(await findRunningStack(dir)).toBeUndefined()
    await claim.publish({ addresses: ADDRESSES })
    expect(await findRunningStack(dir)).toEqual(ADDRESSES)
    await claim.release()
    expect(await findRunningStack(dir)).toBeUndefined()
  })

  test.each([
    ['of an ended process', { pid: 2 ** 22 + 1, identity: 'ticks 1', since: NOW.toISOString() }],
    [
      'of an earlier process with a number that is used again',
      { pid: process.pid, identity: 'ticks 1', since: '' },
    ],
    ['that is no record', 'half a rec'],
  ])('a claim %s does not count', async (_, record) => {
    const dir = await openDir()
    await writeFile(recordFile(dir), typeof record === 'string' ? record : JSON.stringify(record))
    expect(await findRunningStack(dir)).toBeUndefined()
    await claimDataDir(dir, () => NOW)
    expect(parseRecord(await readFile(recordFile(dir), 'utf8'))?.pid).toBe(process.pid)
  })

  test('a process is the same only if it started at the same time', () => {
    const record = { pid: 7, identity: 'ticks 5', since: '' }
    expect(isAlive(record, 'ticks 5')).toBe(true)
    expect(isAlive(record, 'ticks 6')).toBe(false)
    expect(isAlive(record, undefined)).toBe(false)
  })
})
