/** The tables of docs/operating.md: what runs, and every setting. */
import { withRegion } from './region.ts'
import type { Introductions, Setting } from './service-files.ts'

/** The page with its three tables. */
export function settingsPage(text: string, introductions: Introductions): string {
  const { common } = introductions
  const head = '| variable | default | meaning |\n| --- | --- | --- |'
  const every = `${head}\n${common.map(row).join('\n')}`
  return [
    ['processes', processTable(introductions)] as const,
    ['common-settings', every] as const,
    ['own-settings', ownTable(introductions)] as const,
  ].reduce((page, [name, body]) => withRegion(page, name, body), text)
}

function processTable({ services, tools }: Introductions): string {
  const rows = [
    ...services.map(({ name, stage, port, instances }) => ({ name, stage, port, instances })),
    {
      name: tools.map(({ name }) => name).join(', '),
      stage: tools[0]?.stage ?? 0,
      port: tools.map(({ port }) => port).join(', '),
      instances: 'yes',
    },
  ].sort((a, b) => a.stage - b.stage)
  const lines = rows.map(({ name, port, instances }) => `| ${name} | ${port} | ${instances} |`)
  return ['| process | port | more instances |', '| --- | --- | --- |', ...lines].join('\n')
}

/** Settings that several services read in the same way share a row. */
function ownTable({ services, executor }: Introductions): string {
  const rows = new Map<string, string[]>()
  const readers = [...services, { name: 'executors', env: executor }]
  for (const { name, env } of readers) {
    for (const setting of env) rows.set(row(setting), [...(rows.get(row(setting)) ?? []), name])
  }
  const lines = [...rows].map(([line, names]) => `| ${names.join(', ')} ${line}`)
  const head = '| service | variable | default | meaning |\n| --- | --- | --- | --- |'
  return `${head}\n${lines.join('\n')}`
}

function row({ name, doc, default: fallback = 'required' }: Setting): string {
  const words = /^(required|none|the |`)/.test(fallback)
  return `| \`${name}\` | ${words ? fallback : `\`${fallback}\``} | ${doc} |`
}
