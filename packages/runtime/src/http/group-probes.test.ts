import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import { openGroupProbes } from './group-probes.ts'
import { openDoor } from './server.ts'

const HERE = { host: '127.0.0.1', port: 0 }
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})

/** A member that starts and waits for that; its `/healthz` is well. */
async function member(name: string, waiting: string, host = HERE.host) {
  const door = await openDoor({ host, port: 0 }, () => waiting)
  opened.push(door)
  return { name, host, port: door.port, door }
}

/** The loopback address of IPv6, where this machine has one. */
function ipv6Here(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  return all.some(({ address }) => address === '::1') ? ['::1'] : []
}

describe('given services that share a process', () => {
  test('then it is alive when all are, and ready when all are: else it says who is not, and why', async () => {
    const members = [await member('intake', 'kafka'), await member('receipt', 'mongodb')]
    const own = await openGroupProbes(HERE, members)
    opened.push(own)
    const ask = async (path: string) => {
      const answer = await fetch(`${own.url}${path}`)
      return { status: answer.status, body: await answer.json() }
    }
    expect(await ask('/healthz')).toEqual({ status: 200, body: { status: 'ok' } })
    const detail = 'intake: starting; kafka'
    expect(await ask('/readyz')).toMatchObject({ status: 503, body: { code: 'PT-9031', detail } })

    for (const { door } of members) door.serve((_req, res) => void res.end('{}'))
    expect(await ask('/readyz')).toMatchObject({ status: 200 })
    await members[1]?.door.close()
    expect(await ask('/healthz')).toMatchObject({
      status: 503,
      body: { code: 'PT-9031', detail: expect.stringMatching(/^receipt: /) },
    })
  })

  // an address of this machine that is not the one that wildcards are asked at, and an IPv6 one
  test.each(['0.0.0.0', '127.0.0.2', ...ipv6Here()])(
    'a member is asked where it listens: %s',
    async (host) => {
      const { door, ...one } = await member('intake', 'kafka', host)
      door.serve((_req, res) => void res.end('{}'))
      const own = await openGroupProbes(HERE, [one])
      opened.push(own)
      expect((await fetch(`${own.url}/readyz`)).status).toBe(200)
    },
  )
})
