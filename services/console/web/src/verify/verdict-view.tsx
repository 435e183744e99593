/** A verification as a whole: the verdict, the checks, the chain. */
import { chainOf } from '@prooftrail/verifier'
import { Mark, Section, State } from '../ui/parts.tsx'
import { count } from '../ui/words.ts'
import { ChainList } from './chain-list.tsx'
import { CheckList } from './check-list.tsx'
import type { Verification } from './use-verification.ts'

export function VerdictView({
  verification,
  bundle,
}: {
  verification: Verification
  bundle: string
}) {
  const { verdict, checks, done, tookMs, fault } = verification
  const chain = verdict && chainOf(verdict, bundle)
  return (
    <>
      {fault !== undefined && <p role="alert">The check could not run: {fault}</p>}
      {verdict && chain && (
        <div
          className={`banner ${verdict.ok ? 'good' : 'bad'}`}
          role={verdict.ok ? 'status' : 'alert'}
        >
          <h2>
            <Mark is={verdict.ok ? 'passed' : 'failed'} />{' '}
            {verdict.ok ? `Verifies: ${verdict.verdict}` : 'This trail does not verify'}
          </h2>
          <p>
            {verdict.ok ? (
              <>
                Worked out in this browser in {Math.round(tookMs ?? 0)} ms, from the bundle and the
                key list alone.
                {verdict.checkpoint && (
                  <>
                    {' '}
                    Leaf {verdict.checkpoint.index} of {verdict.checkpoint.size} in the log{' '}
                    {verdict.checkpoint.origin}.
                  </>
                )}
              </>
            ) : (
              <>{whereBroken(chain)} Nothing that the file says may be relied on.</>
            )}
          </p>
        </div>
      )}
      <Section title="Checks">
        <CheckList checks={checks} done={done} />
      </Section>
      {chain && chain.links.length > 0 && (
        <Section
          title="The chain"
          aside={
            <span className="soft">
              {count(chain.links.length, 'link')}
              {verdict?.verdict && (
                <>
                  {' '}
                  <State name={verdict.verdict} />
                </>
              )}
            </span>
          }
        >
          <ChainList chain={chain} />
        </Section>
      )}
    </>
  )
}

function whereBroken({ links }: ReturnType<typeof chainOf>): string {
  const broken = links.filter(({ problems }) => problems.length > 0).map(({ title }) => title)
  if (broken.length === 0) return 'See the checks below.'
  return `What is wrong concerns: ${broken.slice(0, 4).join(', ')}.`
}
