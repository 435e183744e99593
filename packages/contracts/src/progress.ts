import { isRecordOfLater } from '@prooftrail/trail/encoding'
import { CLOCK_SKEW_MS, keyEnded, timeOf } from '@prooftrail/trail/format'
import type { ExecutionProgressed, PublicKey } from './generated/types.ts'

/**
 * Whose word a heartbeat is and what it may move (wire format section 3): dispatch and the console
 * judge by the same functions, so that nobody is shown what did not count. The signature itself is
 * asked last, by `genuineProgress`.
 * P1 A beat is about the attempt that was commanded: tool, command and attempt are compared.
 * P2 Of two beats the later one counts, by the sender's clock, then by sequence: a process that
 *    begins again at 1 is heard, and an old beat said again is not.
 * P3 Neither runs ahead: the time by no more than clocks differ, the sequence by no more than a
 *    beat a millisecond since the command.
 */

/** The attempt that a beat must be about. */
export interface CommandedAttempt {
  tool: string
  tool_command_id: string
  attempt: number
  /** RFC 3339: when it was commanded. */
  commanded_at: string
}

/** How far a beat got: what a later one is compared with. */
export interface BeatMark {
  sequence: number
  /** RFC 3339. */
  at: string
}

/** Beats that a sequence may be ahead of the milliseconds since the command. */
const SEQUENCE_AHEAD = 1_000

/** Why a beat is not about the commanded attempt; undefined where it is (P1). */
export function foreignProgress(
  said: ExecutionProgressed,
  commanded: CommandedAttempt,
): string | undefined {
  const { tool, tool_command_id, attempt } = commanded
  if (said.tool !== tool) return `commanded ${tool}, said by ${said.tool}`
  if (said.attempt === attempt && said.tool_command_id === tool_command_id) return undefined
  return `attempt ${said.attempt} is not attempt ${attempt} as it was commanded`
}

/**
 * Why a beat cannot be true at its time; undefined where it can (P3).
 * @param arrivedAt RFC 3339, by the broker's clock
 */
export function progressAhead(
  { sequence, at }: ExecutionProgressed,
  { commanded_at }: Pick<CommandedAttempt, 'commanded_at'>,
  arrivedAt: string,
): string | undefined {
  const [said, arrived, commanded] = [timeOf(at), timeOf(arrivedAt), timeOf(commanded_at)]
  if (said === undefined) return `at ${at} is no time`
  if (arrived === undefined || commanded === undefined) return undefined
  if (said > arrived + CLOCK_SKEW_MS) return `at ${at} lies ahead of its arrival, ${arrivedAt}`
  const most = SEQUENCE_AHEAD + Math.max(0, arrived - commanded)
  if (sequence >= 1 && sequence <= most) return undefined
  return `sequence ${sequence} is not from 1 to ${most}`
}

/** Whether a beat is later than what was heard (P2). @param heard undefined: nothing was */
export function isLaterProgress(said: BeatMark, heard: BeatMark | undefined): boolean {
  if (heard === undefined || said.at > heard.at) return true
  return said.at === heard.at && said.sequence > heard.sequence
}

/** Heartbeats whose signature is that of a key of their tool that counts. */
export type GenuineProgress = Pick<ReadonlySet<ExecutionProgressed>, 'has'>

/** What a tool says of its work and signs as a whole. */
interface ToolSaid {
  tool: string
  key_id?: string
  signature?: string
}

/**
 * The heartbeats among these that are their tool's word.
 * @param beats each with its arrival by the broker's clock, RFC 3339
 * @param tools keys by the tool's name
 */
export function genuineProgress(
  beats: readonly { data: ExecutionProgressed; at: string }[],
  tools: ReadonlyMap<string, { keys?: readonly PublicKey[] }>,
): Promise<GenuineProgress> {
  return genuineSaid(beats, tools)
}

/** The same for any record that a tool signs as a whole. */
export async function genuineSaid<T extends ToolSaid>(
  said: readonly { data: T; at: string }[],
  tools: ReadonlyMap<string, { keys?: readonly PublicKey[] }>,
): Promise<Set<T>> {
  const found = await Promise.all(
    said.map(async ({ data, at }) => {
      const key = keyOfTool(data, tools.get(data.tool)?.keys ?? [], at)
      return key !== undefined && (await isRecordOfLater(data, key)) ? [data] : []
    }),
  )
  return new Set(found.flat())
}

/**
 * The tool's key that a record names, where it counts at that time.
 * @param arrivedAt RFC 3339, by the broker's clock
 */
function keyOfTool(
  { key_id }: ToolSaid,
  keys: readonly PublicKey[],
  arrivedAt: string,
): PublicKey | undefined {
  const key = keys.find(({ kid }) => kid === key_id)
  if (key === undefined || Date.parse(arrivedAt) / 1000 < (key.nbf ?? 0)) return undefined
  return keyEnded(key, arrivedAt) === undefined ? key : undefined
}
