/** Every act on the run: those that its state allows, and why not the others. */

import { ACT_NAMES, ACTS } from '@prooftrail/contracts/acts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'react-aria-components'
import { sessionQuery } from '../data/queries.ts'
import { Section, State } from '../ui/parts.tsx'
import { count, sentence, words } from '../ui/words.ts'
import { whyNot } from './acts.ts'
import { orderOf, type RunParts } from './parts.ts'
import { useActSheet } from './use-act-sheet.tsx'

export function ActsPanel(parts: RunParts) {
  const { report, run } = parts
  const { data: session } = useQuery(sessionQuery)
  const { ask, sheet } = useActSheet(parts)
  const view = run.acts.data ?? undefined
  return (
    <Section title="What can be done" aside={view && <State name={view.state} />}>
      <ul className="acts">
        {ACT_NAMES.map((action) => {
          const option = report.options.find((one) => one.action === action)
          const reason = whyNot(action, { option, view, role: session?.role })
          return (
            <li key={action} className={reason === undefined ? '' : 'not'}>
              <Button
                className="button"
                isDisabled={reason !== undefined}
                onPress={() => ask(action)}
              >
                {sentence(action)}
              </Button>
              <p className="soft">
                {reason === undefined ? first(ACTS[action].changes) : sentence(reason)}
                {reason === undefined && (option?.credits ?? 0) > 0 && (
                  <> Holds {count(option?.credits ?? 0, 'credit')}.</>
                )}
                {reason !== undefined && (
                  <> Allowed while it is {ACTS[action].states.map(words).join(' or ')}.</>
                )}
              </p>
            </li>
          )
        })}
      </ul>
      <p>
        <Link to="/acts" search={{ run: orderOf(parts) }}>
          Every act on this run
        </Link>
      </p>
      {sheet}
    </Section>
  )
}

/** The first sentence; the whole stands where the act is asked for. */
function first(text: string): string {
  return text.replace(/(?<=\.) .*$/s, '')
}
