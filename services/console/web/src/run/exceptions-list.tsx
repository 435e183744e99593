/** Exceptions of the run, open ones with the act that ends each. */
import { Button } from 'react-aria-components'
import { Section, State } from '../ui/parts.tsx'
import { words } from '../ui/words.ts'
import type { RunParts } from './parts.ts'
import { useActSheet } from './use-act-sheet.tsx'

export function ExceptionsList(parts: RunParts) {
  const { report, run, isOperator } = parts
  const { ask, sheet } = useActSheet(parts)
  const { exceptions } = report
  if (exceptions.length === 0) return null
  const open = exceptions.filter(({ settled }) => !settled)
  const mayClose = isOperator && run.acts.data?.allowed_acts.includes('close_exception') === true
  return (
    <Section title="Exceptions" aside={<span className="soft">{open.length} open</span>}>
      <ul className="cards">
        {exceptions.map((one) => (
          <li key={one.exception_id} className={one.settled ? 'settled' : ''}>
            <p>
              <strong>{words(one.exception_type)}</strong> <State name={one.status} />{' '}
              <span className="soft">severity {one.severity}</span>
            </p>
            {one.summary && <p>{one.summary}</p>}
            {one.resolution && <p className="soft">{one.resolution}</p>}
            {!one.settled && one.next_action && (
              <p className="soft">the tool advises: {words(one.next_action)}</p>
            )}
            {!one.settled && one.safe_to_replay && (one.missing_items?.length ?? 0) > 0 && (
              <p className="soft">
                It is resolved by the next result: add what is missing, and replay.
              </p>
            )}
            {!one.settled && mayClose && (
              <Button
                className="button small"
                onPress={() => ask('close_exception', one.exception_id)}
              >
                Close this exception
              </Button>
            )}
          </li>
        ))}
      </ul>
      {sheet}
    </Section>
  )
}
