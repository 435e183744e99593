import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { brokerProperties } from './broker-properties.ts'
import { brokersOf, CLUSTER_PORTS, USUAL_PORTS } from './ports.ts'

test('the broker tells clients the port that it listens on, on this machine only', () => {
  const own = { node: 1, kafka: 9094, controller: USUAL_PORTS.controller }
  const properties = brokerProperties('/data/log', own, [own]).split('\n')
  expect(properties).toContain('advertised.listeners=BROKER://127.0.0.1:9094')
  expect(properties).toContain('listeners=BROKER://127.0.0.1:9094,CONTROLLER://127.0.0.1:19093')
  expect(properties).toContain('log.dirs=/data/log')
  expect(properties).toContain('auto.create.topics.enable=false')
  expect(properties).toContain('min.insync.replicas=1')
})

test('three brokers know each other, and hold everything thrice, two of them before it counts', () => {
  const brokers = brokersOf(CLUSTER_PORTS)
  const [, second] = brokers
  if (!second) throw new Error('three brokers')
  const properties = brokerProperties('/data/log', second, brokers).split('\n')
  expect(properties).toContain('node.id=2')
  expect(properties).toContain('listeners=BROKER://127.0.0.1:9094,CONTROLLER://127.0.0.1:19094')
  expect(properties).toContain(
    'controller.quorum.voters=1@127.0.0.1:19093,2@127.0.0.1:19094,3@127.0.0.1:19095',
  )
  for (const kind of ['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic']) {
    expect(properties).toContain(`${kind}.replication.factor=3`)
  }
  expect(properties).toContain('default.replication.factor=3')
  expect(properties).toContain('min.insync.replicas=2')
})

test('the brokers that we configure cut transactions short alike', () => {
  const compose = readFileSync(new URL('../../../../docker-compose.yml', import.meta.url), 'utf8')
  const own = { node: 1, kafka: 9092, controller: USUAL_PORTS.controller }
  const properties = brokerProperties('/data/log', own, [own]).split('\n')
  const names = [
    'transaction.max.timeout.ms',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms',
  ]
  for (const name of names) {
    const value = properties.find((line) => line.startsWith(`${name}=`))?.split('=')[1]
    const variable = `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`
    expect(Number(value)).toBeLessThanOrEqual(60_000)
    expect(compose).toContain(`${variable}: ${value}\n`)
  }
})
