import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageId } from './message.ts'

test('M1 an id is the digest of topic, key and bytes, of whatever length and in whatever turn', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 60_000, max: 200_000 }).map((length) => new Uint8Array(length).fill(length)),
  )
  fc.assert(
    fc.property(text, fc.option(text, { nil: undefined }), bytes, (topic, key, value) => {
      const hash = createHash('sha256')
        .update(`${topic}\n${key ?? ''}\n`)
        .update(value)
      const whole = hash.digest().subarray(0, 17).toString('base64url').slice(0, 22)
      expect(messageId(topic, key, value)).toBe(whole)
    }),
  )
})
