import { createTopics, registerSchemas } from '@prooftrail/contracts'
import { startStack } from '@prooftrail/stack'
import { Kafka, logLevel } from 'kafkajs'
import { writeFileSync } from 'node:fs'
const stack = await startStack({ ephemeral: true, source: 'embedded', mongoBackend: (process.argv[2] ?? 'memory') as 'memory' })
const kafka = new Kafka({ brokers: stack.kafka.brokers, logLevel: logLevel.ERROR })
const admin = kafka.admin(); await admin.connect()
await createTopics(admin, { partitions: 3 })
await registerSchemas({ url: stack.registry.url })
await admin.disconnect()
writeFileSync('/tmp/att-go/stack.env', `export KAFKA_BROKERS=${stack.kafka.brokers.join(',')} SCHEMA_REGISTRY_URL=${stack.registry.url} MONGODB_URL='${stack.mongodb.url}' MONGODB_STAND_IN=1\n`)
console.log('up')
const stop = async () => { await stack.stop(); process.exit(0) }
process.on('SIGTERM', stop); process.on('SIGINT', stop)
setInterval(() => {}, 1000)
