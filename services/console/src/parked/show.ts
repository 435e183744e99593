import { CODE_TABLE, type Codec, Poison } from '@prooftrail/contracts'
import type { ParkedAct, ParkedView } from '@prooftrail/contracts/doors'
import { maskText } from '@prooftrail/runtime'
import { type Original, type ParkedState, standingOf } from './entry.ts'
import { actFault, comesBefore } from './judge.ts'
import { maskValue } from './mask.ts'
import { type Row, rowOf } from './row.ts'

type MessageView = ParkedView['message']

const ACTS: readonly ParkedAct[] = ['send', 'discard']
const FIRST_BYTES = 192

/**
 * An entry as people see it.
 * @param open the open entries of its queue
 * @param isOperator whether contents of evidence, and of what cannot be decoded, are shown
 */
export async function viewOf(
  entry: ParkedState,
  open: readonly Row[],
  { codec, isOperator }: { codec: Pick<Codec, 'decode'>; isOperator: boolean },
): Promise<ParkedView> {
  const row = rowOf(entry)
  const { last } = entry
  const { title = row.code, action = '' } = CODE_TABLE[row.code] ?? {}
  return {
    ...row,
    detail: maskText(last?.detail ?? ''),
    ...{ title, what_to_do: standingOf(entry) === 'noted' ? 'Nothing.' : action },
    ...{
      last_parked: last?.at ?? row.since,
      first_time: last?.first_time ?? '',
      input: entry.input,
    },
    acts: ACTS.map((act) => {
      const fault = actFault(entry, act)
      return { act, allowed: fault === undefined, ...fault }
    }),
    decided: entry.acts.map(({ act, by, at, reason }) => ({
      ...{ act, by, at },
      ...(reason === undefined ? {} : { reason }),
    })),
    earlier: open
      .filter((one) => one.parked_id !== entry.parked_id && comesBefore(one, row))
      .sort((one, other) => (comesBefore(one, other) ? -1 : 1))
      .map(({ parked_id }) => parked_id),
    message: await messageOf(entry.original, row.topic, { codec, isOperator }),
  }
}

async function messageOf(
  { key, value, headers, bytes }: Original,
  topic: string,
  { codec, isOperator }: { codec: Pick<Codec, 'decode'>; isOperator: boolean },
): Promise<MessageView> {
  const view: MessageView = {
    ...(key === undefined ? {} : { key: maskText(Buffer.from(key, 'base64').toString()) }),
    bytes,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [
        name,
        maskText(Buffer.from(text, 'base64').toString()),
      ]),
    ),
  }
  if (value === undefined) {
    const why = bytes > 0 ? 'more bytes than are kept here' : 'it has no value, or was not kept'
    return { ...view, unreadable: `${why}: read it in its place` }
  }
  const raw = Buffer.from(value, 'base64')
  try {
    return { ...view, value: maskValue(await codec.decode(topic, raw), isOperator) }
  } catch (error) {
    const why = error instanceof Poison ? `${error.code} ${error.detail}` : String(error)
    return {
      ...view,
      unreadable: maskText(why),
      ...(isOperator ? { begins: raw.subarray(0, FIRST_BYTES).toString('base64') } : {}),
    }
  }
}
