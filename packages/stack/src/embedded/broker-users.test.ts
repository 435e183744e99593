import { expect, test } from 'vitest'
import { userProperties } from './broker-users.ts'

test('brokers that know users ask everybody for a password and refuse what nobody granted', () => {
  const properties = userProperties({ admin: 'admin', passwords: { admin: 'a', 'x-1': 'b+/=' } })
  expect(properties['listener.security.protocol.map']).not.toContain(':PLAINTEXT')
  expect(properties['authorizer.class.name']).toContain('StandardAuthorizer')
  expect(properties).not.toHaveProperty('allow.everyone.if.no.acl.found')
  expect(properties['super.users']).toBe('User:admin')
  expect(properties['listener.name.broker.plain.sasl.jaas.config']).toContain('user_x-1="b+/="')
  // controllers are talked to by brokers alone
  expect(properties['listener.name.controller.plain.sasl.jaas.config']).not.toContain('x-1')
})

test('a password that would end its place is refused', () => {
  const broken = { admin: 'a', passwords: { a: 'x" user_me="y' } }
  expect(() => userProperties(broken)).toThrow('cannot be written')
  expect(() => userProperties({ admin: 'a', passwords: {} })).toThrow('has no password')
})
