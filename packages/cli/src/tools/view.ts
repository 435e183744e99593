import { readLoad } from './backlog.ts'
import { withHost } from './host.ts'
import {
  type KnownTool,
  knownTool,
  type ListedTool,
  listTools,
  type ToolVersion,
} from './registry.ts'

/** One version of a tool with how it keeps up now. */
export interface VersionView {
  version: string
  status: 'current' | 'pinned' | 'in service' | 'withdrawn'
  /** How it came to be announced. */
  conformance: 'checked' | 'forced' | 'unchecked'
  price: number
  registered_at: string
  live_executors: number
  /** Commands that nobody has in hand. */
  backlog: number
  backlog_is_more?: true
  oldest_waiting?: string
}

export interface ToolView {
  tool: string
  current?: string
  pinned?: string
  retired_at?: string
  /** False where the command topic is missing: nothing can be commanded. */
  deployed: boolean
  versions: VersionView[]
}

/** Every registered tool, its versions from the newest; withdrawn ones that still work are shown. */
export async function viewTools(all = false): Promise<ToolView[]> {
  const tools = await listTools()
  const views = await viewEach(tools)
  return all ? views : views.map(trim).filter((view) => view.versions.length > 0)
}

export async function viewTool(name: string): Promise<ToolView & Pick<KnownTool, 'keys'>> {
  const tool = await knownTool(name)
  const [view] = await viewEach([tool])
  if (view === undefined) throw new Error(`${name} has no view`)
  return { ...view, keys: tool.keys }
}

function trim(view: ToolView): ToolView {
  const isOver = (one: VersionView) =>
    one.status === 'withdrawn' && one.backlog === 0 && one.live_executors === 0
  return { ...view, versions: view.versions.filter((one) => !isOver(one)) }
}

function viewEach(tools: readonly ListedTool[]): Promise<ToolView[]> {
  return withHost(
    'tools',
    async (host) => {
      const views: ToolView[] = []
      for (const { tool, current, pinned, retired_at, versions } of tools) {
        const names = versions.map(({ version }) => version)
        const loads = await readLoad(host, tool, names)
        views.push({
          tool,
          ...(current === undefined ? {} : { current }),
          ...(pinned === undefined ? {} : { pinned }),
          ...(retired_at === undefined ? {} : { retired_at }),
          deployed: loads !== undefined,
          versions: versions
            .map((one): VersionView => {
              const load = loads?.get(one.version)
              return {
                version: one.version,
                status: statusOf(one, current, pinned),
                conformance: one.checked ? 'checked' : one.forced ? 'forced' : 'unchecked',
                price: one.price,
                registered_at: one.registered_at,
                live_executors: load?.live ?? 0,
                backlog: load?.waiting ?? 0,
                ...(load?.more ? { backlog_is_more: true as const } : {}),
                ...(load?.oldest_waiting ? { oldest_waiting: load.oldest_waiting } : {}),
              }
            })
            .reverse(),
        })
      }
      return views
    },
    'silent',
  )
}

function statusOf(
  { version, withdrawn_at }: ToolVersion,
  current: string | undefined,
  pinned: string | undefined,
): VersionView['status'] {
  if (withdrawn_at !== undefined) return 'withdrawn'
  if (version === pinned) return 'pinned'
  return version === current ? 'current' : 'in service'
}
