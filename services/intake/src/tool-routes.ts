import { signAtDoor, type ToolDirected } from '@prooftrail/contracts'
import { type Caller, makeCursor, readCursor, reply, toolDocument } from '@prooftrail/runtime'
import { type Doors, type IntakeHandlers, refusal } from './doors.ts'
import { holderFault } from './key-holders.ts'
import { receiveRetirement, receiveRevocation, receiveTool } from './receive-tool.ts'
import type { State } from './state.ts'
import { versionForOrders } from './versions.ts'

type ToolKey = Extract<keyof IntakeHandlers, `${string} /v1/tools${string}`>

type Said = Pick<ToolDirected, 'key' | 'revoke' | 'retire' | 'reason'>

/** What tools there are is for everybody, page by page; who speaks for one is an admin's to say. */
export function toolHandlers(doors: Doors): Pick<IntakeHandlers, ToolKey> {
  const { store } = doors
  const known = async (name: string) => {
    const state = (await store.read([toolDocument(name)])).get(toolDocument(name))?.state
    return state?.status === 'tool' ? state.tool : undefined
  }
  const unknown = (name: string) => refusal({ code: 'PT-1061', detail: `no tool ${name}` })

  /** Puts an operator's word on its topic; a later word has a later time. */
  async function direct(caller: Caller, tool: string, said: Said) {
    const before = (await known(tool))?.directed_at
    const directed_at = new Date(
      Math.max(doors.now(), before === undefined ? 0 : Date.parse(before) + 1),
    ).toISOString()
    const operator = caller.name ?? 'operator'
    const word = signAtDoor({ tool, ...said, operator, directed_at }, doors.key)
    await doors.produce('tool.directed', word)
    const status_url = `${doors.publicUrl}/v1/tools/${encodeURIComponent(tool)}`
    const key_id = said.key?.kid ?? said.revoke
    return reply({ tool, key_id, directed_at, status_url }, { headers: { Location: status_url } })
  }

  return {
    'GET /v1/tools': async ({ query: { cursor, limit = 100 } }) => {
      const after = cursor === undefined ? '' : readCursor('tools', cursor)
      if (typeof after === 'object') return after
      const found = await store.find(
        { 'ix.tool': { $gt: after } },
        { sort: { 'ix.tool': 1 }, limit },
      )
      const tools = found.flatMap(({ state }) => (state.status === 'tool' ? [listed(state)] : []))
      const last = tools.length === limit ? tools.at(-1)?.tool : undefined
      return { tools, ...(last === undefined ? {} : { next_cursor: makeCursor('tools', last) }) }
    },

    'GET /v1/tools/:name': async ({ params: { name } }) => {
      const tool = await known(name)
      if (!tool) return unknown(name)
      return { ...tool, current: versionForOrders(tool)?.version }
    },

    'POST /v1/tools': async ({ bytes, caller }) => {
      const read = receiveTool(await bytes())
      if ('fault' in read) return refusal(read.fault)
      const { tool, key } = read
      const holders = await doors.keyHolders.find([key.kid])
      const foreign = holderFault(toolDocument(tool), [key.kid], holders)
      if (foreign) return refusal(foreign)
      return direct(caller, tool, { key })
    },

    'POST /v1/tools/:name/revoke': async ({ params: { name }, bytes, caller }) => {
      const read = receiveRevocation(await bytes())
      if ('fault' in read) return refusal(read.fault)
      const { key_id, reason } = read.value
      const tool = await known(name)
      if (!tool) return unknown(name)
      if (tool.keys.every(({ kid }) => kid !== key_id)) {
        return refusal({ code: 'PT-1058', detail: `${name} has no key ${key_id}` })
      }
      return direct(caller, name, { revoke: key_id, reason })
    },

    'POST /v1/tools/:name/retire': async ({ params: { name }, bytes, caller }) => {
      const read = receiveRetirement(await bytes())
      if ('fault' in read) return refusal(read.fault)
      if (!(await known(name))) return unknown(name)
      const { retired, reason } = read.value
      return direct(caller, name, { retire: retired, ...(reason === undefined ? {} : { reason }) })
    },
  }
}

/** A tool without its manifests. */
function listed({ tool: known }: Extract<State, { status: 'tool' }>) {
  const { tool, revision, versions, pinned, retired_at } = known
  return {
    ...{ tool, revision, versions: versions.map(({ manifest: _, ...rest }) => rest) },
    ...(pinned === undefined ? {} : { pinned }),
    ...(retired_at === undefined ? {} : { retired_at }),
    ...{ current: versionForOrders(known)?.version },
  }
}
