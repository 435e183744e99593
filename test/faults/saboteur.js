// Loaded into a service's process before the service (`node --import`): breaks it where a test says
// so, at the calls to the drivers of Kafka and MongoDB. The service knows nothing of it.
//
// FAULTS_DIR/<PORT>.json is read at every such call: { crash: { point, nth }, twice, hold: [topic] }.
//   crash  the n-th time the process is at that point it kills itself (SIGKILL), once:
//          save: a save begins · saved: it is made · publish: a publish begins · published: the
//          broker has it · commit: offsets are about to move
//   twice  everything that the service publishes is published twice
//   hold   messages of these topics wait while they are named here
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import kafkajs from 'kafkajs'
import mongodb from 'mongodb'

const { FAULTS_DIR, FAULTS_SESSION_MS, PORT } = process.env
const file = `${FAULTS_DIR}/${PORT}.json`
const HELD_MS = 100

let counting = ''
let count = 0

/** @returns {{ crash?: { point: string, nth: number }, twice?: boolean, hold?: string[] }} */
function orders() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}

/** @param {string} point where the process is */
function at(point) {
  const { crash, ...rest } = orders()
  if (crash?.point !== point) return
  const wanted = JSON.stringify(crash)
  if (counting !== wanted) {
    counting = wanted
    count = 0
  }
  count += 1
  if (count < crash.nth) return
  // Told before it happens, and not to the next process of this service.
  writeFileSync(`${file}.new`, JSON.stringify(rest))
  renameSync(`${file}.new`, file)
  appendFileSync(`${FAULTS_DIR}/crashes`, `${PORT} ${point}\n`)
  process.kill(process.pid, 'SIGKILL')
}

function breakDatabase() {
  const { bulkWrite } = mongodb.Collection.prototype
  mongodb.Collection.prototype.bulkWrite = async function (...args) {
    at('save')
    const answer = await bulkWrite.apply(this, args)
    at('saved')
    return answer
  }
}

function breakProducer() {
  const { producer } = kafkajs.Kafka.prototype
  kafkajs.Kafka.prototype.producer = function (...args) {
    const made = producer.apply(this, args)
    const { send, sendBatch } = made
    made.send = async (record) => {
      if (orders().twice) await send(record)
      return send(record)
    }
    made.sendBatch = async (batch) => {
      at('publish')
      if (orders().twice) await sendBatch(batch)
      const answer = await sendBatch(batch)
      at('published')
      return answer
    }
    return made
  }
}

function breakConsumer() {
  const { consumer } = kafkajs.Kafka.prototype
  kafkajs.Kafka.prototype.consumer = function (options) {
    const sessionTimeout = Number(FAULTS_SESSION_MS ?? options.sessionTimeout)
    const made = consumer.call(this, { ...options, sessionTimeout })
    const { run } = made
    made.run = (config) =>
      run({
        ...config,
        eachBatch(payload) {
          if (isHeld(payload.batch.topic)) return holdBack(payload)
          const { commitOffsetsIfNecessary } = payload
          return config.eachBatch({
            ...payload,
            commitOffsetsIfNecessary: (offsets) => {
              at('commit')
              return commitOffsetsIfNecessary(offsets)
            },
          })
        },
      })
    return made
  }
}

/** @param {string} topic */
function isHeld(topic) {
  return orders().hold?.includes(topic) ?? false
}

/** Nothing is resolved, so the batch comes again once its partition goes on. */
async function holdBack({ batch, pause }) {
  const resume = pause()
  const timer = setInterval(() => {
    if (isHeld(batch.topic)) return
    clearInterval(timer)
    resume()
  }, HELD_MS)
  timer.unref()
}

if (isMainThread && FAULTS_DIR && PORT) {
  breakDatabase()
  breakProducer()
  breakConsumer()
}
