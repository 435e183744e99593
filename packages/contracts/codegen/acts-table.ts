/** The table of acts, for docs/acts.md. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A row per act, as `packages/contracts/src/acts.ts` of the repository has them. */
export async function actsTable(root: string): Promise<string> {
  const file = pathToFileURL(join(root, 'packages/contracts/src/acts.ts')).href
  const { ACTS }: typeof import('../src/acts.ts') = await import(file)
  const rows = Object.entries(ACTS).map(([name, act]) => {
    const states = act.states.map((state) => `\`${state}\``).join(', ')
    const costs = act.costs === 'nothing' ? 'nothing' : 'the difference'
    const leads = act.leads_to === undefined ? '' : ` The run is then \`${act.leads_to}\`.`
    return (
      `| \`${name}\` | ${act.by.join(', ')} | \`${act.link}\` | ${states} | ${costs} | ` +
      `${act.changes}${leads} | ${act.again} | \`${act.command}\` |`
    )
  })
  return [
    '',
    '| act | who | signed as | in states | costs | changes | again, under another key | command |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}
