import { describe, expect, it } from 'vitest'
import type { RoundInput } from '../round-input.ts'
import { type Doc, freshDoc } from './document.ts'
import { DocumentCache } from './document-cache.ts'

const stored: Doc<string> = { ...freshDoc('a', 'stored'), version: 3 }
const next: Doc<string> = { ...stored, state: 'next' }
const input: RoundInput = { input: { id: 'i', type: 'due', at: '', data: {} } }
const effects = [{ id: 'e' }]

/** A cache in which the document is deferred on its stored version. */
function deferred(deferMs = 3_600_000) {
  const cache = new DocumentCache<string>({ deferMs })
  cache.read(stored, 512)
  cache.defer(next, [input])
  return cache
}

/** A cache whose save of the deferred document is not answered. */
function saving(of: typeof effects | [] = []) {
  const cache = deferred()
  cache.saving('a', { saveId: 's', effects: of })
  return cache
}

describe('a document in the cache', () => {
  it('given nothing, then it is absent, and cached once it is read', () => {
    const cache = new DocumentCache<string>()
    expect([cache.statusOf('a'), cache.find('a')]).toEqual(['absent', undefined])
    cache.read(stored, 512)
    expect([cache.statusOf('a'), cache.find('a')]).toEqual(['cached', stored])
  })

  it('given a deferred form, then it is the newest, is promised, and its input waits for the save', async () => {
    const cache = deferred()
    expect([cache.statusOf('a'), cache.find('a'), cache.promised('a')]).toEqual([
      'deferred',
      next,
      next,
    ])
    const saved = cache.writes.whenSaved([input])
    cache.saving('a', { saveId: 's', effects: [] })
    expect([cache.statusOf('a'), cache.find('a'), cache.promised('a')]).toEqual([
      'saving',
      undefined,
      next,
    ])
    cache.saved({ ...next, version: 4 }, 512)
    expect(cache.writes.whenSaved([input])).toBeDefined()
    cache.settle()
    await saved
    expect(cache.writes.whenSaved([input])).toBeUndefined()
    expect([cache.statusOf('a'), cache.find('a')?.version]).toEqual(['cached', 4])
  })

  it.each([
    ['lost', (cache: DocumentCache<string>) => cache.lost('a')],
    ['not answered', (cache: DocumentCache<string>) => cache.failed('a')],
  ])('given a save that is %s, then it is unsure until its inputs are settled', (_name, act) => {
    const cache = saving()
    act(cache)
    expect([cache.statusOf('a'), cache.find('a'), cache.promised('a')]).toEqual([
      'unsure',
      undefined,
      undefined,
    ])
    expect(cache.unsure()).toEqual([['a', [input]]])
    cache.resolve('a', stored)
    expect(cache.read(stored, 512)).toBe(stored)
    expect(cache.unsure()).toEqual([['a', [input]]])
    expect(cache.writes.whenSaved([input])).toBeDefined()
    cache.settle()
    expect(cache.writes.whenSaved([input])).toBeUndefined()
    expect([cache.statusOf('a'), cache.openCount]).toEqual(['absent', 0])
  })

  it('given somebody else’s save, when a deferred form is forgotten, then its inputs are kept and may be deferred again', () => {
    const cache = deferred()
    cache.forget('a')
    expect(cache.inputsBehind('a')).toEqual([input])
    cache.defer({ ...next, version: 4 }, [input])
    cache.settle()
    expect([cache.statusOf('a'), cache.find('a')?.version]).toEqual(['deferred', 4])
    expect(cache.writes.whenSaved([input])).toBeDefined()
  })

  it('given a save without an answer, then its effects follow once, and only if the document names it', () => {
    const made = saving(effects)
    made.failed('a')
    expect(made.resolve('a', { ...stored, savedBy: 's' })).toEqual(effects)
    expect(made.resolve('a', { ...stored, savedBy: 's' })).toEqual([])
    const overtaken = saving(effects)
    overtaken.failed('a')
    expect(overtaken.resolve('a', { ...stored, savedBy: 'other' })).toEqual([])
    const absent = saving(effects)
    absent.failed('a')
    expect(absent.resolve('a', undefined)).toEqual([])
  })

  it('given a save of a cached document that is lost, then nothing is known of it', () => {
    const cache = new DocumentCache<string>()
    cache.read(stored, 512)
    cache.saving('a', { saveId: 's', effects: [] })
    cache.lost('a')
    expect([cache.statusOf('a'), cache.unsure()]).toEqual(['absent', []])
  })

  it('given a state at rest, when it is saved, then it is not kept, but is while it is deferred, and once it is asked for again', () => {
    const rests = (state: string) => state === 'next'
    const cache = new DocumentCache<string>({ deferMs: 3_600_000, rests })
    cache.read(stored, 512)
    cache.defer(next, [input])
    expect(cache.find('a')).toBe(next)
    cache.saving('a', { saveId: 's', effects: [] })
    cache.saved({ ...next, version: 4 }, 512)
    expect([cache.statusOf('a'), cache.find('a')]).toEqual(['absent', undefined])
    const read = { ...next, version: 4 }
    expect(cache.read(read, 512)).toBe(read)
    expect(cache.find('a')).toBe(read)
  })

  it('given a document at rest, then its outbox is emptied like others, and counts as empty before', () => {
    const cache = new DocumentCache<string>({ rests: () => true })
    const message = { id: 'm', topic: 't', key: 'k', value: Buffer.alloc(1), headers: {} }
    const full = { ...stored, outbox: [message], saveId: 's' }
    cache.saved(full, 512)
    cache.stored.published([full])
    expect(cache.read(full, 512).outbox).toEqual([])
    expect(cache.stored.toEmpty(() => false)).toEqual([{ id: 'a', version: 3, saveId: 's' }])
  })

  it('given more than the cache may take, then cached forms leave it and deferred ones stay', () => {
    const cache = new DocumentCache<string>({ cacheBytes: 1_024, deferMs: 3_600_000 })
    cache.defer(next, [input])
    for (const id of ['b', 'c', 'd']) cache.read({ ...stored, id }, 512)
    expect(['a', 'b', 'c', 'd'].map((id) => cache.statusOf(id))).toEqual([
      'deferred',
      'absent',
      'cached',
      'cached',
    ])
  })
})

describe('deferred writes', () => {
  it('given their time has come, then they are overdue, oldest first', () => {
    const cache = deferred(1e-6)
    cache.defer({ ...next, id: 'b' }, [])
    expect(cache.overdue(10)).toEqual(['a', 'b'])
    expect(cache.overdue(1)).toEqual(['a'])
  })

  it('given very many, then the oldest are overdue before their time', () => {
    const cache = new DocumentCache<string>({ deferMs: 3_600_000 })
    for (let n = 0; n < 4_003; n += 1) cache.defer({ ...next, id: String(n) }, [])
    expect(cache.overdue(10)).toEqual(['0', '1', '2'])
    cache.writes.disable()
    expect(cache.overdue(5_000)).toHaveLength(4_003)
  })
})
