/** Every command that the documents name is one, with the options that it has. */
import { program, scaffoldFiles } from '@prooftrail/cli'
import { ACTS } from '@prooftrail/contracts'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { filesBelow, readText } from './repo/files.ts'

/** Vectors name words that are hashed, and no commands. */
const pages = filesBelow('.', '.md').filter((path) => !path.startsWith('test/vectors'))

/** A command line as a page has it, and where. */
interface Line {
  where: string
  text: string
}

/** What stands in code, inline or in a fence, one line each; continued lines are joined. */
function codeOf(page: string): Line[] {
  const text = readText(page).replaceAll('\\|', '|')
  const fences = [...text.matchAll(/^ *```[a-z]*\n([\s\S]*?)^ *```/gm)].flatMap(([, body = '']) =>
    body.replaceAll(/\\\n\s*/g, ' ').split('\n'),
  )
  const prose = text.replaceAll(/^ *```[a-z]*\n[\s\S]*?^ *```/gm, '')
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
  return [...fences, ...spans].map((line) => ({ where: page, text: line.trim() }))
}

const lines = pages.flatMap(codeOf)
const commands = lines.flatMap(({ where, text }) =>
  [...text.matchAll(/(?:^|[;&(] *|\$ |=\S+ )(npx )?prooftrail (?=[a-z-])([^#|;&)>]*)/g)].map(
    ([, npx, rest = '']) => ({ where, rest: rest.trim(), isWhole: npx !== undefined }),
  ),
)

/** Words as a shell takes them apart. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
}

/** What is wrong with a command line, if anything is. @param isWhole whether it is one to be typed */
function faultOf(text: string, isWhole: boolean): string | undefined {
  let command: Command = program
  const given: string[] = []
  const named = new Set<string>()
  const words = wordsOf(text)
  while (words.length > 0) {
    const word = words.shift() ?? ''
    if (/^\[|\]$|^…$/.test(word)) continue
    if (word.startsWith('--')) {
      const [flag = '', value] = word.split('=')
      if (flag === '--help') return undefined
      const option = [...command.options, ...program.options].find(({ long }) => long === flag)
      if (!option) return `${command.name()} has no ${flag}`
      named.add(flag)
      if (option.isBoolean() || value !== undefined) continue
      if (option.optional && (words[0] === undefined || words[0].startsWith('-'))) continue
      const taken = words.shift()
      if (taken === undefined && isWhole) return `${flag} takes a value`
      const isChoice = taken === undefined || option.argChoices?.includes(taken) !== false
      if (!isChoice && !isPlaceholder(taken ?? '')) return `${flag} is not ${taken}`
      continue
    }
    const next =
      given.length === 0 ? command.commands.find((one) => one.name() === word) : undefined
    if (next) command = next
    else given.push(word)
  }
  const { registeredArguments: wanted } = command
  const isGroup = wanted.length === 0 && command.commands.length > 0
  const runs = isGroup && command.commands.some((one) => isDefault(command, one))
  if (isGroup && given.length > 0) return `${command.name()} has no ${given[0]}`
  if (given.length > wanted.length && !wanted.at(-1)?.variadic) {
    return `${command.name()} takes ${wanted.length} arguments, not ${given.join(' ')}`
  }
  const act = command.name() === 'act' ? given[1] : undefined
  if (act !== undefined && !isPlaceholder(act) && !Object.hasOwn(ACTS, act)) return `no act ${act}`
  if (!isWhole) return undefined
  if (isGroup && !runs) return `${command.name()} does nothing by itself`
  const least = wanted.filter(({ required }) => required).length
  if (given.length < least) return `${command.name()} takes ${least} arguments`
  const missing = command.options.find(({ mandatory, long }) => mandatory && !named.has(long ?? ''))
  return missing && `${command.name()} needs ${missing.long}`
}

/** Of a group that does something without a name, the command that it runs then. */
function isDefault(group: Command, one: Command): boolean {
  return Object(group)._defaultCommandName === one.name()
}

function isPlaceholder(word: string): boolean {
  return /^[A-Z][A-Z_-]*$|…|^</.test(word)
}

describe('commands of prooftrail', () => {
  test('are found in the documents', () => {
    expect(commands.length).toBeGreaterThan(120)
    expect(commands.filter(({ where }) => where === 'docs/runbook.md').length).toBeGreaterThan(15)
  })

  test('are those of the command line, and whole where they are to be typed', () => {
    const faults = commands.flatMap(({ where, rest, isWhole }) => {
      const fault = faultOf(rest, isWhole)
      return fault === undefined ? [] : [`${where}: prooftrail ${rest}: ${fault}`]
    })
    expect(faults).toEqual([])
  })

  test.each([
    ['parked sned ID', 'parked has no sned'],
    ['doctor --deeper', 'doctor has no --deeper'],
    ['rebuild', 'rebuild takes 1 arguments'],
    ['agents revoke ID --key-id KID', 'revoke needs --reason'],
    ['act wo_… retry_calback --reason TEXT', 'no act retry_calback'],
    ['runs --state sealed', '--state is not sealed'],
    ['keys', 'keys does nothing by itself'],
  ])('given %s, then it is found wrong', (text, fault) => {
    expect(faultOf(text, true)).toBe(fault)
  })
})

test('npm scripts that the documents name are those of the repository, or of a new tool', () => {
  // in a new tool's folder it has those of its own
  const tool = scaffoldFiles('mytool', 'prooftrail').get('package.json') ?? ''
  const scripts = { ...JSON.parse(tool).scripts, ...JSON.parse(readText('package.json')).scripts }
  const named = lines.flatMap(({ where, text }) =>
    [...text.matchAll(/\bnpm run (?:--silent )?([a-z][a-z0-9:-]*)/g)].map(([, name = '']) => ({
      where,
      name,
    })),
  )
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter(({ name }) => scripts[name] === undefined)).toEqual([])
})
