// Loaded into a service's process before the service (`node --import`): counts the calls of every
// function of this repository, the uses of node:crypto, the bytes to and from Kafka and MongoDB, and
// the bytes that the heap grew by between its collections.
// The service knows nothing of it; V8 does the counting of functions, exactly and at a price.
//
// On SIGUSR2 all that was counted up to now is written to COUNTS_DIR/<pid>.json.
import crypto from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'
import { GCProfiler, getHeapStatistics } from 'node:v8'
import { isMainThread } from 'node:worker_threads'

const { COUNTS_DIR, KAFKA_BROKERS = '', MONGODB_URL = '' } = process.env
const OWN = /\/((?:packages|services)\/.+?)\/(?:src|dist)\/(.+)\.(?:ts|js)$/

/** @type {Record<string, number>} */
const counts = {}

/** @param {string} name @param {number} [by] */
function add(name, by = 1) {
  counts[name] = (counts[name] ?? 0) + by
}

/** @param {'hash' | 'createHash' | 'createHmac' | 'sign' | 'verify'} name @param {string} as */
function countUses(name, as) {
  const real = crypto[name]
  // @ts-expect-error the stand-in takes whatever the real one takes
  crypto[name] = (...args) => {
    add(as)
    // @ts-expect-error as above
    return real.apply(crypto, args)
  }
}

/** The port in the first of some addresses. @param {string} text */
const portOf = (text) => Number(/:(\d+)/.exec(text.replace(/^.*(\/\/|@)/, ''))?.[1])

function countBytes() {
  const names = new Map([
    [portOf(KAFKA_BROKERS), 'kafka'],
    [portOf(MONGODB_URL), 'mongodb'],
  ])
  /** @type {Map<Socket, string>} */
  const open = new Map()
  const connect = Socket.prototype.connect
  // @ts-expect-error the stand-in takes whatever the real one takes
  Socket.prototype.connect = function (...args) {
    this.once('connect', () => {
      const name = names.get(this.remotePort ?? 0)
      if (name) open.set(this, name)
    })
    this.once('close', () => {
      const name = open.get(this)
      open.delete(this)
      if (!name) return
      add(`bytes/${name}/in`, this.bytesRead)
      add(`bytes/${name}/out`, this.bytesWritten)
    })
    // @ts-expect-error as above
    return connect.apply(this, args)
  }
  /** @param {Record<string, number>} into */
  return (into) => {
    for (const [socket, name] of open) {
      into[`bytes/${name}/in`] = (into[`bytes/${name}/in`] ?? 0) + socket.bytesRead
      into[`bytes/${name}/out`] = (into[`bytes/${name}/out`] ?? 0) + socket.bytesWritten
    }
  }
}

function countHeap() {
  let used = getHeapStatistics().used_heap_size
  let profiler = new GCProfiler()
  profiler.start()
  return () => {
    for (const { beforeGC, afterGC } of profiler.stop()?.statistics ?? []) {
      add('bytes/heap', Math.max(0, beforeGC.heapStatistics.usedHeapSize - used))
      used = afterGC.heapStatistics.usedHeapSize
    }
    const now = getHeapStatistics().used_heap_size
    add('bytes/heap', Math.max(0, now - used))
    used = now
    // what a profiler told, it does not tell again
    profiler = new GCProfiler()
    profiler.start()
  }
}

if (isMainThread && COUNTS_DIR) {
  countUses('hash', 'crypto/hash')
  countUses('createHash', 'crypto/hash')
  countUses('createHmac', 'crypto/hmac')
  countUses('sign', 'crypto/sign')
  countUses('verify', 'crypto/verify')
  syncBuiltinESMExports()
  const addOpen = countBytes()
  const addHeap = countHeap()
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  process.on('SIGUSR2', () => {
    // What V8 tells, it begins to count anew.
    session.post('Profiler.takePreciseCoverage', (error, coverage) => {
      for (const { url, functions } of error ? [] : coverage.result) {
        const [, folder, file] = OWN.exec(url) ?? []
        if (!folder) continue
        for (const { functionName, ranges } of functions) {
          if (functionName && ranges[0]?.count) {
            add(`call/${folder}/${file}/${functionName}`, ranges[0].count)
          }
        }
      }
      addHeap()
      const all = { ...counts }
      addOpen(all)
      const file = `${COUNTS_DIR}/${process.pid}.json`
      writeFileSync(`${file}.part`, JSON.stringify(all))
      renameSync(`${file}.part`, file)
    })
  })
}
