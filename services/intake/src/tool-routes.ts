import { signAtDoor, type ToolDirected } from '@prooftrail/contracts'
import { toolDocument } from '@prooftrail/runtime'
import type { Express, Request, Response } from 'express'
import { answer, bodyOf, type Doors, raw } from './doors.ts'
import { holderFault } from './key-holders.ts'
import { receiveRetirement, receiveRevocation, receiveTool } from './receive-tool.ts'
import type { State } from './state.ts'
import { versionForOrders } from './versions.ts'

const MAX_BODY = '64kb'
const PAGE = 100
const MAX_PAGE = 1_000

type Said = Pick<ToolDirected, 'key' | 'revoke' | 'retire' | 'reason'>

/**
 * What tools there are is for everybody, page by page; who speaks for one is an admin's to say:
 * `POST /v1/tools` registers a name with a key, `…/revoke` ends a key, `…/retire` ends orders.
 */
export function mountToolRoutes(app: Express, doors: Doors): void {
  const { access, store } = doors
  const known = async (name: string) => {
    const state = (await store.read([toolDocument(name)])).get(toolDocument(name))?.state
    return state?.status === 'tool' ? state.tool : undefined
  }
  const unknown = (res: Response, name: string) =>
    answer(res, { code: 'PT-1061', detail: `no tool ${name}` })

  /** Puts an operator's word on its topic; a later word has a later time. */
  async function direct(req: Request, res: Response, tool: string, said: Said): Promise<void> {
    const before = (await known(tool))?.directed_at
    const directed_at = new Date(
      Math.max(doors.now(), before === undefined ? 0 : Date.parse(before) + 1),
    ).toISOString()
    const operator = (await access.operator(req)) ?? 'operator'
    const word = signAtDoor({ tool, ...said, operator, directed_at }, doors.key)
    await doors.produce('tool.directed', word)
    const status_url = `${doors.publicUrl}/v1/tools/${encodeURIComponent(tool)}`
    const key_id = said.key?.kid ?? said.revoke
    res
      .status(202)
      .location(status_url)
      .json({ tool, ...(key_id === undefined ? {} : { key_id }), directed_at, status_url })
  }

  app.get('/v1/tools', async (req, res) => {
    const { after = '', limit = String(PAGE) } = req.query
    const isPage = typeof after === 'string' && typeof limit === 'string' && /^\d{1,4}$/.test(limit)
    const most = Number(limit)
    if (!isPage || most < 1 || most > MAX_PAGE) {
      const detail = `after is a name, limit a number from 1 to ${MAX_PAGE}`
      return answer(res, { code: 'PT-1059', detail })
    }
    const found = await store.find(
      { 'ix.tool': { $gt: after } },
      { sort: { 'ix.tool': 1 }, limit: most },
    )
    const tools = found.flatMap(({ state }) => (state.status === 'tool' ? [listed(state)] : []))
    const last = tools.length === most ? tools.at(-1)?.tool : undefined
    res.json({ tools, ...(last === undefined ? {} : { next_after: last }) })
  })

  app.get('/v1/tools/:name', async (req, res) => {
    const { name } = req.params
    const tool = await known(name)
    if (!tool) return unknown(res, name)
    res.json({ ...tool, current: versionForOrders(tool)?.version })
  })

  app.post('/v1/tools', access.requireAdmin, raw(MAX_BODY), async (req, res) => {
    const read = receiveTool(bodyOf(req))
    if ('fault' in read) return answer(res, read.fault)
    const { tool, key } = read
    const holders = await doors.keyHolders.find([key.kid])
    const foreign = holderFault(toolDocument(tool), [key.kid], holders)
    if (foreign) return answer(res, foreign)
    await direct(req, res, tool, { key })
  })

  app.post('/v1/tools/:name/revoke', access.requireAdmin, raw(MAX_BODY), async (req, res) => {
    const name = String(req.params.name)
    const read = receiveRevocation(bodyOf(req))
    if ('fault' in read) return answer(res, read.fault)
    const { key_id, reason } = read.value
    const tool = await known(name)
    if (!tool) return unknown(res, name)
    if (tool.keys.every(({ kid }) => kid !== key_id)) {
      return answer(res, { code: 'PT-1058', detail: `${name} has no key ${key_id}` })
    }
    await direct(req, res, name, { revoke: key_id, reason })
  })

  app.post('/v1/tools/:name/retire', access.requireAdmin, raw(MAX_BODY), async (req, res) => {
    const name = String(req.params.name)
    const read = receiveRetirement(bodyOf(req))
    if ('fault' in read) return answer(res, read.fault)
    if (!(await known(name))) return unknown(res, name)
    const { retired, reason } = read.value
    await direct(req, res, name, { retire: retired, ...(reason === undefined ? {} : { reason }) })
  })
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
