import { type AnswerOf, doorUrl, type QueryOf } from '@prooftrail/contracts/doors'
import { bareTable } from '../bare-table.ts'
import { ask } from '../http.ts'
import { colour, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'
import { sayMore } from './runs.ts'
import { wayOnOfAccount } from './way-on.ts'

/** What a list of accounts is selected by, as receipt's door takes it. */
export type AccountFilter = QueryOf<'GET /v1/accounts'>

type Accounts = AnswerOf<'GET /v1/accounts'>
type Agents = AnswerOf<'GET /v1/agents'>

/** Accounts of registered agents, by name, each with the command that helps. */
export async function accounts(filter: AccountFilter, out: Output): Promise<void> {
  const body = await page(filter)
  const rows = body.accounts.map((one) => ({ ...one, way_on: wayOnOfAccount(one) }))
  out.document({ ...body, accounts: rows })
  const table = bareTable(['account', 'agent', 'free', 'held', 'debited', 'waiting', 'way on'])
  for (const row of rows) {
    const { account, agent_id, remaining_credits, credits_held, credits_debited } = row
    const counts = [remaining_credits, credits_held, credits_debited, row.waiting_orders]
    table.push([account, agent_id, ...counts.map(String), colour.dim(row.way_on)])
  }
  out.say(rows.length === 0 ? 'no such account' : table.toString())
  sayMore(body.next_cursor, 'accounts', out)
}

/** What a list of agents is asked, as intake's door takes it. */
export type AgentFilter = QueryOf<'GET /v1/agents'>

/** Registered agents, by the name of their account, with the keys that count and the tools they may use. */
export async function agents(filter: AgentFilter, out: Output): Promise<void> {
  const url = doorUrl(serviceUrl('intake'), 'GET /v1/agents', {}, filter)
  const { body } = await ask<Agents>('GET', url)
  const rows = body.agents.map(rowOf)
  out.document({ ...body, agents: rows })
  const table = bareTable(['agent', 'account', 'tools', 'keys', 'way on'])
  for (const { agent_id, account, tools, keys_that_count, way_on } of rows) {
    const named = tools?.join(', ') ?? 'all'
    table.push([agent_id, account, named, String(keys_that_count), colour.dim(way_on)])
  }
  out.say(rows.length === 0 ? 'no agent is registered' : table.toString())
  sayMore(body.next_cursor, 'agents list', out)
}

function rowOf({ agent_id, account, tools, keys }: Agents['agents'][number]) {
  const now = Date.now() / 1000
  const isOver = (at: number | undefined) => at !== undefined && at <= now
  const good = keys.filter(({ exp, revoked_at }) => !isOver(exp) && !isOver(revoked_at))
  const way_on =
    good.length > 0
      ? `prooftrail agents show ${agent_id}`
      : `prooftrail agents add ${agent_id} --public-key FILE`
  return { agent_id, account, tools, keys_that_count: good.length, way_on }
}

async function page(filter: AccountFilter): Promise<Accounts> {
  const url = doorUrl(serviceUrl('receipt'), 'GET /v1/accounts', {}, filter)
  return (await ask<Accounts>('GET', url)).body
}
