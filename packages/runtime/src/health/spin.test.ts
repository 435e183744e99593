import { describe, expect, test } from 'vitest'
import { SpinJudge } from './spin.ts'

/** Judges one look a second, each with what was added since the one before; answers the last judgement. */
function judged(seconds: { turns: number; progress: number; cpuMs: number }[]): number {
  const judge = new SpinJudge()
  const sum = { at: 0, turns: 0, progress: 0, cpuMs: 0 }
  judge.judge({ ...sum })
  let ms = 0
  for (const one of seconds) {
    sum.at += 1_000
    sum.turns += one.turns
    sum.progress += one.progress
    sum.cpuMs += one.cpuMs
    ms = judge.judge({ ...sum })
  }
  return ms
}

const times = <T>(count: number, what: T): T[] => Array.from({ length: count }, () => what)
const spinning = { turns: 5_000, progress: 0, cpuMs: 980 }

describe('a loop', () => {
  test('that turns without doing anything is seen, and for how long', () => {
    expect(judged(times(30, spinning))).toBe(30_000)
  })

  test.each([
    ['waits in long polls of three brokers', { turns: 6, progress: 0, cpuMs: 5 }],
    ['waits beside another one that works', { turns: 6, progress: 0, cpuMs: 990 }],
    ['works at full speed', { turns: 5_000, progress: 4_900, cpuMs: 990 }],
    ['turns often and costs little', { turns: 200, progress: 0, cpuMs: 40 }],
  ])('that %s does not spin', (_, second) => {
    expect(judged(times(30, second))).toBe(0)
  })

  test('that has made progress since is not held for what was before', () => {
    const working = { ...spinning, progress: 1 }
    expect(judged([...times(20, spinning), working])).toBe(0)
    expect(judged([...times(20, spinning), working, spinning])).toBe(1_000)
  })
})
