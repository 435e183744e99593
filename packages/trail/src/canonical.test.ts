import serialize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalBytes,
  canonicalize,
  canonicalizeChecked,
  checkJson,
  MAX_DEPTH,
} from './canonical.ts'
import { TrailError } from './errors.ts'
import { parseStrict } from './strict-json.ts'

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof TrailError) return error.code
    throw error
  }
}

/** Undefined where there is no text. */
function textOf(act: () => string | undefined): string | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('canonicalize', () => {
  test('the example of RFC 8785 has the bytes that the RFC prints', () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    )
    expect(canonicalize(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  test('keys are ordered by UTF-16 code units', () => {
    expect(canonicalize({ '\u{1f600}': 1, '\ufb33': 2, a: 3 })).toBe(
      '{"a":3,"\u{1f600}":1,"\ufb33":2}',
    )
  })

  test('a value and its canonical text say the same, once', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalize(value)
        expect(canonicalize(JSON.parse(text))).toBe(text)
        expect(new TextDecoder().decode(canonicalBytes(value))).toBe(text)
      }),
    )
  })

  test('every value has the text that the reference library gives it', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('1', '10', '9', '-', 'a', 'b', '', '__proto__', 'toJSON', '\ufb33', '😀'),
    )
    const leaf = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"', '\\ud83d', '\u2028', '\ud800', 'ü', '\u0000\u001f\u007f'),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -0, 1, 2 ** 53, 1e21, 5e-324, true, false, null),
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('value')),
        fc.dictionary(key, tie('value')),
      ),
    }))
    fc.assert(
      fc.property(value, (one) => {
        const reference = textOf(() => serialize(one))
        expect(textOf(() => canonicalize(one))).toBe(reference)
        const allowed = codeOf(() => checkJson(one))
        expect(codeOf(() => canonicalizeChecked(one))).toBe(allowed)
        if (allowed === undefined) expect(canonicalizeChecked(one)).toBe(reference)
      }),
      { numRuns: 300 },
    )
  })

  test('what has no JSON form is refused', () => {
    for (const value of [undefined, Number.NaN, () => 1, { a: Number.POSITIVE_INFINITY }]) {
      expect(codeOf(() => canonicalize(value))).toBe('JSON_TYPE')
    }
  })
})

describe('checkJson', () => {
  test.each([
    [{ a: null }, 'JSON_NULL'],
    [[undefined], 'JSON_UNDEFINED'],
    [new Array(1), 'JSON_UNDEFINED'],
    [Number.NaN, 'JSON_NUMBER'],
    [2 ** 53, 'JSON_NUMBER'],
    [-(2 ** 53), 'JSON_NUMBER'],
    ['\ud800', 'JSON_SURROGATE'],
    [{ '\udc00': 1 }, 'JSON_SURROGATE'],
    [JSON.parse('{"__proto__":1}'), 'JSON_FORBIDDEN_KEY'],
    [new Date(0), 'JSON_TYPE'],
    [new Map(), 'JSON_TYPE'],
    [1n, 'JSON_TYPE'],
    [JSON.parse(nested(MAX_DEPTH + 1)), 'JSON_DEPTH'],
  ])('%# is refused', (value, code) => {
    expect(codeOf(() => checkJson(value))).toBe(code)
  })

  test.each([
    [2 ** 53 - 1],
    [-0.5],
    ['😀'],
    [{ toJSON: 'a text' }],
    [JSON.parse(nested(MAX_DEPTH))],
  ])('%# is JSON', (value) => {
    expect(codeOf(() => checkJson(value))).toBeUndefined()
  })
})

describe('parseStrict', () => {
  test.each([
    ['{"a":1,"a":1}', 'JSON_DUPLICATE_KEY'],
    ['{"a":1,"\\u0061":2}', 'JSON_DUPLICATE_KEY'],
    ['[{"x":{"a":[],"b":"{","a":2}}]', 'JSON_DUPLICATE_KEY'],
    ['{"a":null}', 'JSON_NULL'],
    ['9007199254740993', 'JSON_NUMBER'],
    ['1e400', 'JSON_NUMBER'],
    ['"\\ud800"', 'JSON_SURROGATE'],
    ['{"__proto__":{"a":1}}', 'JSON_FORBIDDEN_KEY'],
    ['{"a":1,}', 'JSON_SYNTAX'],
    ['\ufeff{}', 'JSON_SYNTAX'],
    ['', 'JSON_SYNTAX'],
    [nested(MAX_DEPTH + 1), 'JSON_DEPTH'],
    [nested(200_000), 'JSON_DEPTH'],
    [Uint8Array.of(0x22, 0xff, 0x22), 'JSON_ENCODING'],
    [new TextEncoder().encode('\ufeff{}'), 'JSON_SYNTAX'],
  ])('%# is refused', (text, code) => {
    expect(codeOf(() => parseStrict(text))).toBe(code)
  })

  test('strings that look like structure are only strings', () => {
    const value = { '{"a\\': ['}', '"', '\\"', ',"a":'], a: { a: { a: 1 } } }
    expect(parseStrict(JSON.stringify(value))).toEqual(value)
  })

  test('any JSON without nulls is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        const fine = codeOf(() => checkJson(JSON.parse(text))) === undefined
        if (fine) expect(parseStrict(text)).toEqual(JSON.parse(text))
        else expect(codeOf(() => parseStrict(text))).toBeDefined()
      }),
    )
  })

  test('a megabyte of quotes and backslashes is read in linear time', () => {
    const text = JSON.stringify({ a: '\\"'.repeat(500_000), b: '\\'.repeat(500_000) })
    const start = performance.now()
    parseStrict(text)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
