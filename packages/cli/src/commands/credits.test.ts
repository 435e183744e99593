import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { settlementId } from '@prooftrail/trail'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Output } from '../output.ts'
import { creditsFund, creditsShow } from './credits.ts'

/** Receipt and intake as far as funding asks them: accounts with their settlements, and agents. */
const accounts = new Map<string, number>()
const settlements = new Map<string, number>()
const agents = new Map<string, string>()
const server = createServer(async (req, res) => {
  const [, , kind = '', id = '', act] = (req.url ?? '').split('/').map(decodeURIComponent)
  const answer = (status: number, body: unknown) => {
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const absent = () => answer(404, { code: 'PT-4012' })
  if (req.method === 'POST' && act === 'funding') {
    if (![...agents.values()].includes(id)) return answer(404, { code: 'PT-4015', detail: id })
    const { credits, reference } = JSON.parse(await textOf(req))
    const settlement_id = settlementId(id, reference, 0)
    if (!settlements.has(settlement_id)) accounts.set(id, (accounts.get(id) ?? 0) + credits)
    settlements.set(settlement_id, credits)
    return answer(202, { settlement_id })
  }
  if (kind === 'settlements') {
    const credits_funded = settlements.get(id)
    if (credits_funded === undefined) return absent()
    return answer(200, { object: { settlement_id: id, credits_funded } })
  }
  const free = accounts.get(id)
  return free === undefined
    ? absent()
    : answer(200, { account: id, remaining_credits: free, credits_funded: free })
})

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

let said: string[]
const out: Output = {
  json: false,
  closed: false,
  live: false,
  onClosed: () => {},
  document: () => {},
  say: (line) => void said.push(line),
}

beforeEach(async () => {
  said = []
  accounts.clear()
  settlements.clear()
  agents.clear()
  agents.set('agent-1', 'agent-1')
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  vi.stubEnv('RECEIPT_URL', `http://127.0.0.1:${port}`)
  vi.stubEnv('INTAKE_URL', `http://127.0.0.1:${port}`)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

test('funding tells the account after it', async () => {
  await creditsFund('agent-1', '500', { reference: 'invoice-1' }, out)
  expect(accounts.get('agent-1')).toBe(500)
  expect(said.join('\n')).toMatch(/500.* credits on account .*agent-1/)
  expect(said.at(-1)).toBe('  free now            500')
})

test('a reference that was used before moves nothing and says so', async () => {
  await creditsFund('agent-1', '500', { reference: 'invoice-1' }, out)
  said = []
  for (const amount of ['77', '500']) {
    await expect(creditsFund('agent-1', amount, { reference: 'invoice-1' }, out)).rejects.toThrow(
      expect.objectContaining({ code: 'PT-8014', exit: 1 }),
    )
  }
  expect(said).toEqual([])
  expect(accounts.get('agent-1')).toBe(500)
})

test('an account of no agent takes no money, and that is said at once', async () => {
  await expect(creditsFund('nobody_at_all', '5', {}, out)).rejects.toThrow(
    expect.objectContaining({ code: 'PT-4015', exit: 1 }),
  )
  expect(accounts.size).toBe(0)
  expect(said).toEqual([])
})

test('an account is shown as it stands, or said to have no movement', async () => {
  accounts.set('agent-1', 12)
  await creditsShow('agent-1', out)
  expect(said).toContain('  free            12')
  await expect(creditsShow('agent-2', out)).rejects.toThrow(
    expect.objectContaining({ code: 'PT-8005', exit: 3 }),
  )
})
