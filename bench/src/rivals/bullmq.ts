import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Feed } from '../load.ts'
import { type Closing, endProcess, freePort, startWorker, until } from './processes.ts'
import { feedOf, finish, type Rival } from './rival.ts'

/** Seven queues on one Redis, one worker process: every step takes a job and adds the next one. */
export const bullmq: Rival = {
  packages: ['bullmq@6.7.0', 'ioredis@6.0.0'],
  row: 'bullmq, seven queues',
  durability: 'Redis appendonly, appendfsync everysec: a crash of the machine loses a second',
  async start(dir, closing) {
    const port = await freePort()
    const redis = await startRedis(dir, port, closing)
    const worker = await startWorker(dir, 'bullmq', port, closing)
    const feed = await openFeed(dir, port, closing)
    return { feed, roles: { work: [worker], servers: [redis] } }
  },
}

/** @throws Error where there is no Redis, or it does not answer in time */
async function startRedis(dir: string, port: number, closing: Closing): Promise<number> {
  const settings = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec']
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir]
  const redis = spawn('redis-server', [...place, ...settings], { stdio: 'ignore' })
  const failed = new Promise<never>((_, reject) => {
    const absent =
      'no redis-server on PATH: BullMQ needs one (Debian: apt-get install redis-server)'
    redis.once('error', () => reject(new Error(absent)))
    redis.once('exit', () => reject(new Error('redis-server ended')))
  })
  failed.catch(() => undefined)
  await Promise.race([failed, until('redis-server', () => isOpen(port))])
  closing.push(() => endProcess(redis))
  return redis.pid ?? 0
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false)).once('connect', () => socket.end())
  })
}

/** What the bench uses of BullMQ, which is no dependency of it. */
interface BullMq {
  Queue: new (
    name: string,
    options: object,
  ) => {
    addBulk(jobs: object[]): Promise<unknown>
    close(): Promise<void>
  }
  QueueEvents: new (
    name: string,
    options: object,
  ) => {
    on(event: 'completed', act: (of: { returnvalue: unknown }) => void): void
    waitUntilReady(): Promise<unknown>
    close(): Promise<void>
  }
}

async function openFeed(dir: string, port: number, closing: Closing): Promise<Feed> {
  const entry = createRequire(join(dir, 'package.json')).resolve('bullmq')
  const found: BullMq & { default?: BullMq } = await import(pathToFileURL(entry).href)
  const { Queue, QueueEvents } = found.default ?? found
  const connection = { host: '127.0.0.1', port }
  const first = new Queue('intake', { connection })
  const last = new QueueEvents('attest', { connection })
  closing.push(() => Promise.all([first.close(), last.close()]))
  await last.waitUntilReady()
  const opts = { removeOnComplete: true }
  const feed = feedOf((orders) =>
    first.addBulk(orders.map((data) => ({ name: 'intake', data, opts }))),
  )
  last.on('completed', ({ returnvalue }) => finish(feed, returnvalue))
  return feed
}
