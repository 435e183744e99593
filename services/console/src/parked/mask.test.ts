import { maskText } from '@prooftrail/runtime'
import { describe, expect, test } from 'vitest'
import { maskValue } from './mask.ts'

const HANDLE = `tt_${'a2b3c4d5'.repeat(4)}`
const order = {
  object: {
    task_token: HANDLE,
    callback_url: 'https://user:pass@agent.example/path?key=s3cret',
    evidence: { invoice: { reference: 'a', text: 'what nobody else may read' } },
    reason: `see ${HANDLE} and whsec_c2VjcmV0c2VjcmV0`,
  },
  webhook_secret: 'whatever',
}

describe('what is shown of a parked message', () => {
  test('no handle, no secret, no credentials of an address, to nobody', () => {
    for (const isOperator of [true, false]) {
      const text = JSON.stringify(maskValue(order, isOperator))
      for (const secret of [HANDLE, 's3cret', 'pass@', 'c2VjcmV0', 'whatever']) {
        expect(text).not.toContain(secret)
      }
    }
    expect(maskText('authorization: Bearer abc.def')).toBe('authorization: Bearer …')
  })

  test('evidence is an operator’s to read; a viewer sees how much there is, and its digest', () => {
    expect(JSON.stringify(maskValue(order, true))).toContain('what nobody else may read')
    const shown = maskValue(order, false)
    expect(JSON.stringify(shown)).not.toContain('what nobody else may read')
    expect(shown).toMatchObject({
      object: {
        evidence: { bytes: expect.any(Number), digest: expect.stringMatching(/^sha256:/) },
      },
    })
  })
})
