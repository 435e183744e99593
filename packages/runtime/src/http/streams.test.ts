import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Refused } from './answers.ts'
import { type Stream, Streams, type StreamsOptions } from './streams.ts'

/** Streams at a port; the session is the path. */
async function given(options: StreamsOptions = {}) {
  const streams = new Streams(options)
  const opened: Stream[] = []
  const reading = { may: true }
  const ended: string[] = []
  const app = express()
  app.get('/:session', (req, res) => {
    const { session } = req.params
    const answer = streams.open(
      { req, res },
      { session, mayRead: async () => reading.may },
      (stream) => {
        opened.push(stream)
        stream.onEnd(() => void ended.push(session))
      },
    )
    if (answer instanceof Refused) res.status(429).set(answer.headers).json({ code: answer.code })
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  const ask = (session: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${port}/${session}`, init)
  return { streams, opened, reading, ended, ask, port }
}

async function fact(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5)
}

describe('a stream', () => {
  test('is what proxies let through, and tells events with their ids', async () => {
    const { streams, opened, ask } = await given()
    const answer = await ask('kim', { headers: { 'last-event-id': '41' } })
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store, no-transform')
    expect(answer.headers.get('x-accel-buffering')).toBe('no')
    expect(opened[0]?.lastId).toBe('41')
    opened[0]?.send('runs', '{"a":1}', '42')
    opened[0]?.send('age', '{}')
    await streams.stop()
    expect(await answer.text()).toBe(
      'id: 42\nevent: runs\ndata: {"a":1}\n\nevent: age\ndata: {}\n\n',
    )
  })

  test('one more than a session may have is refused, and one that ends makes room', async () => {
    const { opened, ask, ended } = await given({ perSession: 2 })
    const abort = new AbortController()
    await ask('kim', { signal: abort.signal })
    await ask('kim')
    const third = await ask('kim')
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '10'])
    expect(await third.json()).toEqual({ code: 'PT-9042' })
    expect((await ask('robin')).status).toBe(200)
    abort.abort()
    await fact(() => ended.length === 1)
    expect((await ask('kim')).status).toBe(200)
    expect(opened).toHaveLength(4)
  })

  test('one more than the process serves is refused, whoever asks', async () => {
    const { streams, ask } = await given({ inAll: 2 })
    expect((await ask('a')).status).toBe(200)
    expect((await ask('b')).status).toBe(200)
    expect((await ask('c')).status).toBe(429)
    expect([streams.size, streams.refused]).toEqual([2, 1])
  })

  test('a reader that does not keep up is cut off, and nothing more is kept for it', async () => {
    const { streams, opened, ended, port } = await given({ waitingBytes: 100_000 })
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'),
    )
    socket.pause()
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await fact(() => opened.length === 1)
    const data = JSON.stringify('x'.repeat(100_000))
    while (streams.cut === 0) {
      opened[0]?.send('runs', data)
      await pause(1)
    }
    await fact(() => ended.length === 1)
    expect(streams.size).toBe(0)
    const { sent } = streams
    opened[0]?.send('runs', data)
    expect(streams.sent).toBe(sent)
  })

  test('a quiet one gives signs of life', async () => {
    const { ask } = await given({ beatMs: 5 })
    const answer = await ask('kim')
    const { value } = (await answer.body?.getReader().read()) ?? {}
    expect(new TextDecoder().decode(value)).toBe(':\n\n')
  })

  test('ends when its reader may read no longer, and after its longest time', async () => {
    const { reading, ask } = await given({ checkMs: 5 })
    const answer = await ask('kim')
    reading.may = false
    expect(await answer.text()).toBe('')
    const short = await given({ longestMs: 5 })
    expect(await (await short.ask('kim')).text()).toBe('')
  })
})
