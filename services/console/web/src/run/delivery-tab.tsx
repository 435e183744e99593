/** The callback, attempt by attempt, and the two receipts. */
import { Commands, Empty, Id, Section, State, Terms } from '../ui/parts.tsx'
import { durationOf, Time } from '../ui/time.tsx'
import { count } from '../ui/words.ts'
import { orderOf, type RunParts } from './parts.ts'
import { ReceiptsJson } from './receipts-json.tsx'

export function DeliveryTab(parts: RunParts) {
  const { report, bearer } = parts
  const { callback_delivery: callback, retry_state, receipt_status } = report
  const { settlement_receipt: settlement, usage_receipt: usage } = receipt_status
  const id = orderOf(parts)
  return (
    <>
      <Section title="Callback" aside={<State name={callback.callback_status} />}>
        <Terms
          of={{
            Address: callback.callback_url,
            'webhook-id': callback.callback_event_id && (
              <Id value={callback.callback_event_id} whole />
            ),
            Delivered: callback.delivered_at && <Time at={callback.delivered_at} />,
            Next: retry_state.callback.next_attempt_at && (
              <Time at={retry_state.callback.next_attempt_at} />
            ),
          }}
        />
        {callback.attempts.length === 0 ? (
          <Empty title={whyNoAttempt(retry_state.callback.state)} />
        ) : (
          // what scrolls sideways is reached by keyboard
          // biome-ignore lint/a11y/noNoninteractiveTabindex: axe asks for it (scrollable-region-focusable)
          <section className="wide" tabIndex={0} aria-label="Attempts">
            <table>
              <caption className="spoken">Attempts</caption>
              <thead>
                <tr>
                  <th scope="col">Attempt</th>
                  <th scope="col">Began</th>
                  <th scope="col">Took</th>
                  <th scope="col">Answer</th>
                  <th scope="col">Outcome</th>
                </tr>
              </thead>
              <tbody>
                {callback.attempts.map((one) => (
                  <tr key={`${one.attempt} ${one.started_at}`}>
                    <td>{one.attempt}</td>
                    <td>
                      <Time at={one.started_at} />
                    </td>
                    <td>
                      {one.finished_at === undefined
                        ? 'under way'
                        : durationOf(Date.parse(one.finished_at) - Date.parse(one.started_at))}
                    </td>
                    <td>{one.http_status === undefined ? 'none' : `HTTP ${one.http_status}`}</td>
                    <td>
                      <State name={one.outcome} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
      </Section>
      <Section title="Usage receipt" aside={<State name={usage.status} />}>
        <p className="soft">Which credits were used.</p>
        <Terms
          of={{
            Receipt: usage.receipt_id && <Id value={usage.receipt_id} whole />,
            Held: usage.credits_held !== undefined && count(usage.credits_held, 'credit'),
            Debited: usage.credits_debited !== undefined && count(usage.credits_debited, 'credit'),
            Released:
              usage.credits_released !== undefined && count(usage.credits_released, 'credit'),
            'Left on the account':
              usage.remaining_credits !== undefined && count(usage.remaining_credits, 'credit'),
          }}
        />
      </Section>
      <Section title="Settlement receipt" aside={<State name={settlement.status} />}>
        <p className="soft">Which credits were bought.</p>
        <Terms
          of={{
            Settlement: settlement.settlement_id && <Id value={settlement.settlement_id} whole />,
            Funded:
              settlement.credits_funded !== undefined && count(settlement.credits_funded, 'credit'),
          }}
        />
      </Section>
      <ReceiptsJson id={bearer ?? id} bearer={bearer} />
      <Commands
        lines={[
          [
            'the callback by curl',
            `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/tasks/${id}/callback`,
          ],
          [
            'the receipts by curl',
            `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/tasks/${id}/receipts`,
          ],
        ]}
      />
    </>
  )
}

function whyNoAttempt(state: string): string {
  switch (state) {
    case 'not_due':
      return 'No callback is owed for this run.'
    case 'not_tried':
      return 'Not tried yet: a callback follows the usage receipt.'
    default:
      return 'No attempt is known.'
  }
}
