import { percentile } from './stats.ts'

/** Orders that finished within a time, and how long they took. */
export interface ToolLoad {
  orders: number
  per_second: number
  p50_ms: number
  p99_ms: number
}

/** The latencies of finished orders, all of them and by tool. */
export interface Latencies {
  add(id: string, ms: number): void
  clear(): void
  count(): number
  /** What they come to over that many seconds. */
  sum(seconds: number): ToolLoad & { tools?: Record<string, ToolLoad> }
}

/** @param feed tells the tool of an order, where it has several */
export function makeLatencies({ toolOf }: { toolOf?(id: string): string }): Latencies {
  const all: number[] = []
  const byTool = new Map<string, number[]>()
  return {
    add(id, ms) {
      all.push(ms)
      if (!toolOf) return
      const tool = toolOf(id)
      const own = byTool.get(tool)
      if (own) own.push(ms)
      else byTool.set(tool, [ms])
    },
    clear() {
      all.length = 0
      byTool.clear()
    },
    count: () => all.length,
    sum(seconds) {
      const tools = [...byTool].sort(([a], [b]) => (a < b ? -1 : 1))
      const each = tools.map(([tool, own]) => [tool, loadOf(own, seconds)] as const)
      return { ...loadOf(all, seconds), ...(toolOf ? { tools: Object.fromEntries(each) } : {}) }
    },
  }
}

function loadOf(samples: readonly number[], seconds: number): ToolLoad {
  return {
    orders: samples.length,
    per_second: samples.length / seconds,
    p50_ms: percentile(samples, 0.5),
    p99_ms: percentile(samples, 0.99),
  }
}
