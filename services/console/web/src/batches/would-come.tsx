/** What a batch would come to if it ran now: nothing is written; each would-be refusal with its code. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'react-aria-components'
import { type Batch, batchDryRunQuery } from '../data/batches.ts'
import { CodeTold } from '../ui/code-help.tsx'
import { Failed, Loading, Section } from '../ui/parts.tsx'
import { count, short } from '../ui/words.ts'

export function WouldCome({ batch }: { batch: Batch }) {
  const dry = useInfiniteQuery(batchDryRunQuery(batch.batch_id))
  const [first] = dry.data?.pages ?? []
  const refusals = dry.data?.pages.flatMap((page) => page.refusals) ?? []
  return (
    <Section
      title="What it would do"
      aside={
        <Button className="button" onPress={() => void dry.refetch()} isDisabled={dry.isFetching}>
          Try it again
        </Button>
      }
    >
      {dry.error && <Failed error={dry.error} again={() => void dry.refetch()} />}
      {!first && !dry.error && <Loading what="what it would do" />}
      {first && (
        <>
          <div className="would" role="status">
            <p>
              <strong>
                {count(first.accepted, 'act')} would be accepted, {first.refused} refused.
              </strong>{' '}
              In sum it takes {count(first.credits, 'credit')}; whether accounts have them is asked
              when it runs.
            </p>
          </div>
          {first.refused > 0 && (
            <>
              <ul className="lines">
                {Object.entries(first.by_code).map(([code, n]) => (
                  <li key={code}>
                    {count(n, 'run')}: <CodeTold code={code} />
                  </li>
                ))}
              </ul>
              {/* what scrolls is reached by keyboard */}
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: axe asks for it (scrollable-region-focusable) */}
              <section className="refusals" tabIndex={0} aria-label="Would be refused">
                <ul>
                  {refusals.map(({ index, work_order_id, code, detail }) => (
                    <li key={index}>
                      <Link to="/runs/$id" params={{ id: work_order_id }}>
                        <code>{short(work_order_id)}</code>
                      </Link>{' '}
                      <code>{code}</code> {detail}
                    </li>
                  ))}
                </ul>
                {dry.hasNextPage && (
                  <Button
                    className="button"
                    onPress={() => void dry.fetchNextPage()}
                    isDisabled={dry.isFetchingNextPage}
                  >
                    More: {count(first.refused - refusals.length, 'run')}
                  </Button>
                )}
              </section>
            </>
          )}
        </>
      )}
    </Section>
  )
}
