import { expect, test } from 'vitest'
import { brokerProperties } from './kafka.ts'
import { USUAL_PORTS } from './ports.ts'

test('the broker tells clients the port that it listens on, on this machine only', () => {
  const properties = brokerProperties('/data/log', { ...USUAL_PORTS, kafka: 9094 }).split('\n')
  expect(properties).toContain('advertised.listeners=BROKER://127.0.0.1:9094')
  expect(properties).toContain('listeners=BROKER://127.0.0.1:9094,CONTROLLER://127.0.0.1:19093')
  expect(properties).toContain('log.dirs=/data/log')
  expect(properties).toContain('auto.create.topics.enable=false')
})
