import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { askServers } from './ask-servers.ts'

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  // it listens on a port, not on a pipe
  return (server.address() as AddressInfo).port
}

/** One that takes connections and says nothing, as a paused process does. */
function silent(): Promise<number> {
  return portOf(createServer((socket) => onTestFinished(() => void socket.destroy())))
}

test('given servers that take connections and say nothing, then each is away', async () => {
  const [kafka, registry, mongodb] = [await silent(), await silent(), await silent()]
  const url = `mongodb://127.0.0.1:${mongodb}/?directConnection=true`
  const stack = {
    kafka: { brokers: [`127.0.0.1:${kafka}`] },
    registry: { url: `http://127.0.0.1:${registry}` },
    mongodb: { url, kind: 'configured', standIn: false } as const,
  }
  const away = await askServers(stack, 400)
  expect(Object.keys(away).sort()).toEqual(['kafka', 'mongodb', 'registry'])
})

test('given nobody at two addresses and one that answers, then two are away, and why', async () => {
  const registry = await portOf(createHttp((_, answer) => void answer.writeHead(401).end()))
  const stack = {
    kafka: { brokers: ['127.0.0.1:1'] },
    registry: { url: `http://127.0.0.1:${registry}` },
    mongodb: { url: 'mongodb://127.0.0.1:1', kind: 'configured', standIn: false } as const,
  }
  const away = await askServers(stack, 2_000)
  expect(Object.keys(away).sort()).toEqual(['kafka', 'mongodb'])
  expect(away.mongodb).toContain('ECONNREFUSED')
})
