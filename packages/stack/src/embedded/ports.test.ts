import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  brokersOf,
  CLUSTER_PORTS,
  choosePorts,
  drawPorts,
  isPortFree,
  USUAL_PORTS,
} from './ports.ts'
import { parsePorts } from './take-ports.ts'

const free = async () => true
const takes =
  (...taken: number[]) =>
  async (port: number) =>
    !taken.includes(port)

describe('choosing ports', () => {
  test('free usual ports are taken as they are', async () => {
    expect(await choosePorts(USUAL_PORTS, {}, free)).toEqual({ ports: USUAL_PORTS, stepped: [] })
  })

  test('a port that somebody else has is stepped over and said', async () => {
    const { ports, stepped } = await choosePorts(USUAL_PORTS, {}, takes(9092, 9093))
    expect(ports).toEqual({ ...USUAL_PORTS, kafka: 9094 })
    expect(stepped).toEqual([{ part: 'kafka', wanted: 9092, got: 9094 }])
  })

  test('remembered ports are kept while they are free', async () => {
    const { ports } = await choosePorts(
      USUAL_PORTS,
      { kafka: 9094, mongodb: 27_018 },
      takes(27_018),
    )
    expect(ports.kafka).toBe(9094)
    expect(ports.mongodb).toBe(27_017)
  })

  test('no two parts get the same port', async () => {
    const wanted = { kafka: 9000, controller: 9000, registry: 9001, mongodb: 9000 }
    const { ports } = await choosePorts(wanted, { mongodb: 9001 }, free)
    expect(new Set(Object.values(ports)).size).toBe(4)
  })

  test('a directory without any free port is an error', async () => {
    await expect(choosePorts(USUAL_PORTS, {}, async () => false)).rejects.toThrow('no free port')
  })

  test('drawn ports stay below those that systems give to outgoing connections', () => {
    for (const random of [0, 0.5, 0.999_999]) {
      const ports = Object.values(drawPorts(() => random))
      expect(Math.min(...ports)).toBeGreaterThan(1024)
      expect(Math.max(...ports)).toBeLessThan(32_000)
    }
  })

  test('a cluster has two ports of its own for each of its brokers, one broker has two in all', async () => {
    expect(brokersOf(USUAL_PORTS)).toEqual([{ node: 1, kafka: 9092, controller: 19_093 }])
    const { ports } = await choosePorts(
      drawPorts(() => 0.5, CLUSTER_PORTS),
      {},
      free,
    )
    const brokers = brokersOf(ports)
    expect(brokers.map(({ node }) => node)).toEqual([1, 2, 3])
    expect(new Set(brokers.flatMap((one) => [one.kafka, one.controller])).size).toBe(6)
  })

  test('what is remembered is read back, anything else is as if it was not there', () => {
    expect(parsePorts(JSON.stringify(USUAL_PORTS))).toEqual(USUAL_PORTS)
    expect(parsePorts('{"kafka":"9092","other":1}')).toEqual({})
    expect(parsePorts('{')).toEqual({})
  })

  test.each(['127.0.0.1', '0.0.0.0'])(
    'a port that somebody listens on at %s is not free',
    async (host) => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve))
      onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
      const address = server.address()
      expect(await isPortFree(typeof address === 'object' && address ? address.port : 0)).toBe(
        false,
      )
    },
  )
})
