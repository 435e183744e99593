/** The checks of a verification, each shown as it is done. */
import type { VerifyStep } from '@prooftrail/trail'
import type { Check } from '@prooftrail/verifier'
import { Mark } from '../ui/parts.tsx'

const SIGNS = { passed: 'passed', failed: 'failed', unreached: 'open' } as const

export function CheckList({
  checks,
  done,
}: {
  checks: readonly Check[]
  done?: ReadonlySet<VerifyStep> | undefined
}) {
  return (
    <ol className="checks">
      {checks.map(({ step, title, says, sections, outcome, problems }) => {
        const isAwaited = outcome === 'unreached' && done !== undefined && !done.has(step)
        return (
          <li key={step} className={outcome}>
            <Mark is={isAwaited ? 'busy' : SIGNS[outcome]} />
            <div>
              <p>
                <strong>{title}</strong>{' '}
                <span className="soft">wire format section {sections.join(', ')}</span>
              </p>
              <p className="soft">{says}</p>
              {problems.length > 0 && (
                <ul className="problems">
                  {problems.map(({ code, link, detail }) => (
                    <li key={`${code} ${link} ${detail}`}>
                      <code>{code}</code> {link && <strong>{link}: </strong>}
                      {detail}
                    </li>
                  ))}
                </ul>
              )}
            </div>
          </li>
        )
      })}
    </ol>
  )
}
