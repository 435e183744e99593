import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@prooftrail/trail'
import { expect, onTestFinished, test, vi } from 'vitest'
import { orderFromFile, withCallbackPolicy } from './submit.ts'

function folder(): { dir: string; write(name: string, value: unknown): string } {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-submit-'))
  onTestFinished(() => {
    rmSync(dir, { recursive: true })
    vi.useRealTimers()
  })
  return {
    dir,
    write(name, value) {
      const path = join(dir, name)
      writeFileSync(path, JSON.stringify(value))
      return path
    },
  }
}

const request = {
  requested_tool: 'tokenops',
  requested_capability: 'token_operations',
  execution_mode: 'standard',
  evidence: {},
}

test('the same file is the same order to the byte, whenever it is submitted', () => {
  const { dir, write } = folder()
  const file = write('order.json', request)
  const key = write('key.jwk', generateKeyPair().privateKey)
  const options = { key, agent: 'agent-1' }
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00.000Z') })
  const first = orderFromFile(file, options, dir)
  vi.setSystemTime(Date.parse('2026-01-01T00:10:00.000Z'))
  expect(orderFromFile(file, options, dir)).toEqual(first)
})

test('another content, another key and --fresh are other orders', () => {
  const { dir, write } = folder()
  const file = write('order.json', request)
  const options = { key: write('key.jwk', generateKeyPair().privateKey), agent: 'agent-1' }
  const first = orderFromFile(file, options, dir)
  const other = write('other.json', { ...request, evidence: { text: { content: 'x' } } })
  const signedBy = { ...options, key: write('next.jwk', generateKeyPair().privateKey) }
  expect(orderFromFile(other, options, dir).object).not.toEqual(first.object)
  expect(orderFromFile(file, signedBy, dir).signature).not.toEqual(first.signature)
  const fresh = orderFromFile(file, { ...options, fresh: true }, dir)
  expect(fresh.object.work_order_id).not.toBe(first.object.work_order_id)
})

test('without an address for a callback none is asked for', () => {
  expect(withCallbackPolicy(request)).toMatchObject({ callback_policy: 'status_polling_only' })
  const withAddress = { ...request, callback_url: 'https://agent.example/callback' }
  expect(withCallbackPolicy(withAddress)).toBe(withAddress)
})
