import { createSocket, type Socket } from 'node:dgram'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeLookup } from './lookup.ts'

/** A name server on this machine that answers `good.test` and is silent about everything else. */
async function nameServer(): Promise<{ address: string; asked: () => number }> {
  const socket = createSocket('udp4')
  onTestFinished(() => void socket.close())
  let asked = 0
  socket.on('message', (query, from) => {
    asked += 1
    const answer = answerTo(query)
    if (answer) socket.send(answer, from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { address: `127.0.0.1:${portOf(socket)}`, asked: () => asked }
}

function portOf(socket: Socket): number {
  return socket.address().port
}

/** RFC 1035, section 4: the question again, with one A record; no record of type AAAA. */
function answerTo(query: Buffer): Buffer | undefined {
  const name = '\x04good\x04test\x00'
  const question = query.subarray(12, 12 + name.length + 4)
  if (question.subarray(0, name.length).toString('latin1') !== name) return undefined
  const isA = question.readUInt16BE(name.length) === 1
  const header = Buffer.from([
    ...query.subarray(0, 2),
    0x81,
    0x80,
    0,
    1,
    0,
    isA ? 1 : 0,
    0,
    0,
    0,
    0,
  ])
  const record = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 114, 7]
  return Buffer.concat([header, question, Buffer.from(isA ? record : [])])
}

describe('a look-up', () => {
  test('is answered while sixty names of a silent server are waited for (L1)', async () => {
    const server = await nameServer()
    const lookup = makeLookup({ timeoutMs: 1_000, tries: 2, servers: [server.address] })
    let open = 0
    const silent = Array.from({ length: 60 }, async (_, i) => {
      open += 1
      await lookup(`a${i}.silent.test`).catch(() => undefined)
      open -= 1
    })
    expect(await lookup('good.test')).toEqual([{ address: '203.0.114.7', family: 4 }])
    expect(open).toBe(60)
    await Promise.all(silent)
    expect(server.asked()).toBeGreaterThan(60)
  })

  test('fails where nothing answers', async () => {
    const { address } = await nameServer()
    const lookup = makeLookup({ timeoutMs: 50, tries: 1, servers: [address] })
    await expect(lookup('quiet.test')).rejects.toThrow(/TIMEOUT/)
  })

  test('needs no server for localhost', async () => {
    const lookup = makeLookup({ timeoutMs: 50, tries: 1, servers: ['127.0.0.1:1'] })
    const found = await lookup('localhost')
    expect(found.map(({ address }) => address)).toEqual(['127.0.0.1', '::1'])
  })
})
