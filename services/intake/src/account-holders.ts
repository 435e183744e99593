import { agentDocument, type Reader } from '@prooftrail/runtime'
import type { Fault } from './codes.ts'
import type { Context, IntakeInput, State } from './state.ts'

/** One account, one agent: what one pays in, no other spends. */

/** Whose each of these accounts is: an agent's document id; absent: nobody's. */
export async function findAccounts(
  reader: Pick<Reader<State>, 'find'>,
  accounts: readonly string[],
): Promise<Map<string, string>> {
  const held = new Map<string, string>()
  for (const account of new Set(accounts)) {
    const [found] = await reader.find({ 'ix.account': account }, { limit: 1 })
    if (found) held.set(account, found.id)
  }
  return held
}

/** The accounts that the agents of a wave name, as far as intake's door said so. */
export function accountsIn(
  inputs: readonly IntakeInput[],
  isDoors: Context['isDoors'],
): { account: string; party: string }[] {
  return inputs.flatMap((input) =>
    input.type === 'agent.announced' && isDoors(input.data)
      ? [{ account: input.data.account, party: agentDocument(input.data.agent_id) }]
      : [],
  )
}

/** Holders, and behind them, for accounts that nobody holds, the first of the wave that names one. */
export function claimAccounts(
  holders: ReadonlyMap<string, string>,
  claims: readonly { account: string; party: string }[],
): Map<string, string> {
  const claimed = new Map(holders)
  for (const { account, party } of claims) if (!claimed.has(account)) claimed.set(account, party)
  return claimed
}

/** Why an agent may not have this account; undefined when it is its own or nobody's. */
export function accountFault(
  party: string,
  account: string,
  holders: ReadonlyMap<string, string>,
): Fault | undefined {
  const holder = holders.get(account)
  if (holder === undefined || holder === party) return undefined
  return { code: 'PT-1055', detail: `account: ${account} belongs to ${holder}` }
}
