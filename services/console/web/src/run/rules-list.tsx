/** The rules that led to the result, as the tool says them. */
import type { ResultContract } from '@prooftrail/contracts'
import { Json } from '../ui/json.tsx'
import { Mark, Section, State } from '../ui/parts.tsx'
import { count, words } from '../ui/words.ts'

interface Rule {
  rule: string
  outcome: string
  inputs?: unknown
  about?: string
}

export function RulesList({ contract }: { contract: ResultContract | undefined }) {
  const rules = rulesOf(contract)
  if (rules.length === 0) return null
  const against = rules.filter(({ outcome }) => outcome !== 'holds')
  return (
    <Section title="Rules" aside={<span className="soft">{count(rules.length, 'rule')}</span>}>
      <ul className="rules">
        {[...against, ...rules.filter(({ outcome }) => outcome === 'holds')].map((one, at) => (
          // a rule may be asked of several items: its place tells them apart
          // biome-ignore lint/suspicious/noArrayIndexKey: the list of a result never changes
          <li key={at}>
            <details>
              <summary>
                {one.outcome === 'holds' && <Mark is="passed" />} <span>{words(one.rule)}</span>{' '}
                <span className="soft">{one.about ? words(one.about) : brief(one.inputs)}</span>{' '}
                {one.outcome !== one.rule && <State name={one.outcome} />}
              </summary>
              <Json value={one.inputs ?? one} name={`rule-${one.rule}`} />
            </details>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function rulesOf(contract: ResultContract | undefined): Rule[] {
  const found: unknown = Reflect.get(Object(contract?.machine_result.result_package), 'rules')
  if (!Array.isArray(found)) return []
  return found.filter(
    (one): one is Rule => typeof Object(one).rule === 'string' && typeof one.outcome === 'string',
  )
}

/** What a rule was asked of, on one line: the texts and numbers of its inputs. */
function brief(inputs: unknown): string {
  const said = Object.values(Object(inputs)).filter(
    (value) => typeof value === 'string' || typeof value === 'number',
  )
  const text = said.join(', ')
  return text.length > BRIEF ? `${text.slice(0, BRIEF)}…` : text
}

const BRIEF = 90
