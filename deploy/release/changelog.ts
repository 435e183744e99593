/**
 * Writes what changed since the last release to the head of CHANGELOG.md, from the subjects of the
 * commits: `npm run changelog -- 0.2.0`. What a version means to its users is added by hand above it.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** What no user of a release meets. */
const INSIDE = new Set(['bench', 'faults', 'journeys', 'repo', 'test', 'testing', 'vectors'])
const HEAD = '# Changelog\n'

/**
 * The section of a version: a list per area, in alphabetical order, the newest change first.
 * @param subjects of commits, `area, area: what is so now`, the newest first; others are left out
 * @param date of the release, `2026-11-30`
 */
export function changelogSection(
  subjects: readonly string[],
  { version, date }: { version: string; date: string },
): string {
  const changes = new Map<string, string[]>()
  for (const subject of new Set(subjects)) {
    const [, areas = '', text = ''] = /^([a-z][a-z0-9, -]{0,40}): (.+)$/.exec(subject) ?? []
    const [area, ...others] = areas.split(', ').filter((one) => one !== '' && !INSIDE.has(one))
    if (area === undefined) continue
    const also = others.length > 0 ? ` (also ${others.join(', ')})` : ''
    const lines = changes.get(area) ?? []
    changes.set(area, [...lines, `- ${text}${also}`])
  }
  const lists = [...changes].sort(([a], [b]) => (a < b ? -1 : 1))
  const body = lists.map(([area, lines]) => `### ${area}\n\n${lines.join('\n')}\n`)
  return `## ${version} (${date})\n\n${body.join('\n')}`
}

/** The changelog with the section at its head; in the place of the same version's, where it is there. */
export function withSection(changelog: string, section: string): string {
  const [title = ''] = section.split(' (')
  const kept = changelog
    .slice(HEAD.length)
    .split(/^(?=## )/m)
    .filter((one) => one.trim() !== '' && !one.startsWith(`${title} (`))
  return [HEAD, section, ...kept]
    .map((one) => one.trim())
    .join('\n\n')
    .concat('\n')
}

function main([version = '']: string[]): void {
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new Error('usage: npm run changelog -- MAJOR.MINOR.PATCH')
  const git = (...args: string[]) => execFileSync('git', args).toString().trim()
  const tag = git('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-v:refname').split('\n')[0]
  const range = tag ? [`${tag}..HEAD`] : []
  const subjects = git('log', '--no-merges', '--format=%s', ...range).split('\n')
  const date = new Date().toISOString().slice(0, 10)
  const path = new URL('../../CHANGELOG.md', import.meta.url)
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, withSection(before, changelogSection(subjects, { version, date })))
}

const [, script, ...args] = process.argv
if (script && import.meta.url === pathToFileURL(script).href) main(args)
