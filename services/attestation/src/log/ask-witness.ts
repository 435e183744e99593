import {
  cosignatureTimes,
  encodeAddCheckpoint,
  type NoteKey,
  parseNote,
  parseSignatureLines,
  withSignatures,
} from '@prooftrail/trail/log'
import type { LogReader } from './read-log.ts'
import type { LogHead } from './store.ts'

/** A witness that the log asks: its name and key, and where it answers (C2SP tlog-witness). */
export interface Witness extends NoteKey {
  url: string
}

/** What asking a witness came to. */
export type Asked =
  | { type: 'cosigned'; line: string; time: number }
  /** It will not cosign this: no size that it knows leads to the head. */
  | { type: 'refused'; detail: string; isFork: boolean }
  /** No answer, or none that can be used; the next one may be better. */
  | { type: 'failed'; detail: string }

/** A cosignature, or a size and a newline. */
const MAX_ANSWER = 16_384

/** The proof of growth does not hold (C2SP tlog-witness). */
const UNPROVEN = 422

type Answer = { status: number; text: string }

/**
 * Asks a witness to cosign a head, from the size that it cosigned last; when it says another one, once more.
 * @param from the size that it is believed to have cosigned last
 */
export async function askWitness(
  witness: Witness,
  head: Pick<LogHead, 'size' | 'note'>,
  from: number,
  { reader, patienceMs }: { reader: Pick<LogReader, 'proveGrowth'>; patienceMs: number },
): Promise<Asked> {
  const signal = AbortSignal.timeout(patienceMs)
  const ask = async (old: number): Promise<Answer> => {
    const proof = await reader.proveGrowth(old, head)
    return post(
      `${witness.url}/add-checkpoint`,
      encodeAddCheckpoint({ old, proof, note: head.note }),
      signal,
    )
  }
  try {
    const first = await ask(Math.min(from, head.size))
    const size = sizeIn(first)
    if (size !== undefined && size > head.size) {
      const detail = `it has cosigned ${size}, beyond this log's ${head.size}`
      return { type: 'refused', detail, isFork: true }
    }
    return readAnswer(witness, head.note, size === undefined ? first : await ask(size))
  } catch (error) {
    return { type: 'failed', detail: error instanceof Error ? error.message : String(error) }
  }
}

/** The one line of the answer that is this witness's cosignature; others are left out. */
function readAnswer(witness: Witness, note: string, { status, text }: Answer): Asked {
  if (status !== 200) {
    const detail = `HTTP ${status}: ${text.slice(0, 200).trim()}`
    if (status >= 500 || status === 429) return { type: 'failed', detail }
    return { type: 'refused', detail, isFork: status === UNPROVEN }
  }
  for (const { line } of parseSignatureLines(text)) {
    const [time] = cosignatureTimes(parseNote(withSignatures(note, [line])), witness)
    if (time !== undefined) return { type: 'cosigned', line, time }
  }
  return { type: 'failed', detail: 'the answer holds no cosignature of its key' }
}

function sizeIn({ status, text }: Answer): number | undefined {
  const [, digits] = /^(0|[1-9][0-9]{0,15})\n$/.exec(text) ?? []
  return status === 409 && digits !== undefined ? Number(digits) : undefined
}

async function post(url: string, body: string, signal: AbortSignal): Promise<Answer> {
  const answer = await fetch(url, { method: 'POST', body, signal, redirect: 'error' })
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of answer.body ?? []) {
    length += part.length
    if (length > MAX_ANSWER) throw new Error('the answer is too long')
    parts.push(part)
  }
  return { status: answer.status, text: new TextDecoder().decode(Buffer.concat(parts)) }
}
