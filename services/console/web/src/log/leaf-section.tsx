/** Whether a leaf is in the log, proven here: found by its index, or by its run. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import { ask } from '../data/api.ts'
import { foundQuery } from '../data/log.ts'
import type { RunsAnswer } from '../data/rows.ts'
import { Failed, Id, Mark, Section, Terms } from '../ui/parts.tsx'
import { count } from '../ui/words.ts'
import type { LogReport } from './examine.ts'

export function LeafSection({ leaf, report }: { leaf: number | undefined; report: LogReport }) {
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [error, setError] = useState<unknown>()
  const go = (index: number) =>
    void navigate({ to: '/log', search: { leaf: index }, resetScroll: false })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setError(undefined)
    const given = text.trim()
    if (/^\d+$/.test(given)) return go(Number(given))
    try {
      go(await leafOf(given))
    } catch (fault) {
      setError(fault)
    }
  }
  return (
    <Section title="Is it in the log?">
      <form className="row" onSubmit={(event) => void submit(event)}>
        <TextField className="field grow" value={text} onChange={setText} isRequired>
          <Label>Index of a leaf, or any id of a run</Label>
          <Input autoComplete="off" spellCheck="false" placeholder="42, or wo_…" />
        </TextField>
        <Button type="submit" className="button primary">
          Prove it
        </Button>
      </form>
      {error !== undefined && <Failed error={error} />}
      {leaf !== undefined && <Proven leaf={leaf} report={report} />}
    </Section>
  )
}

/** The leaf of a run's newest seal. @throws Error that says why there is none */
async function leafOf(name: string): Promise<number> {
  const { runs } = await ask<RunsAnswer>(`/v1/runs?find=${encodeURIComponent(name)}`)
  const [run] = runs
  if (run === undefined) throw new Error(`Nothing is known of ${name}.`)
  if (run.log_index === undefined) throw new Error(`${run.work_order_id} is not sealed yet.`)
  return run.log_index
}

function Proven({
  leaf,
  report: { inclusion, size, unsigned },
}: {
  leaf: number
  report: LogReport
}) {
  const run = useQuery(foundQuery(String(leaf)))
  if (inclusion === undefined || inclusion.index !== leaf) {
    return <p role="status">Proving leaf {leaf.toLocaleString('en')} …</p>
  }
  const leads = 'holds' in inclusion && inclusion.holds
  // a root that nobody who counts signed proves nothing
  const holds = leads && unsigned === undefined
  return (
    <div className={`banner ${holds ? 'good' : 'bad'}`} role={holds ? 'status' : 'alert'}>
      <h2>
        <Mark is={holds ? 'passed' : 'failed'} /> Leaf {leaf.toLocaleString('en')}{' '}
        {holds ? 'is in the log' : 'is not proven to be in the log'}
      </h2>
      {'fault' in inclusion ? (
        <p>{inclusion.fault}.</p>
      ) : (
        <>
          <p>
            {holds
              ? `${count(inclusion.path.length, 'hash', 'hashes')} lead from it to the signed root of ${count(size, 'leaf', 'leaves')}.`
              : leads
                ? 'Its path leads to a root that no key which counts here has signed.'
                : 'Its path does not lead to the signed root.'}
          </p>
          <Terms
            of={{
              Leaf: <Id value={inclusion.leaf} whole />,
              'Whose it is': run.data ? (
                <Link to="/runs/$id" params={{ id: run.data.work_order_id }}>
                  {run.data.work_order_id}
                </Link>
              ) : (
                'no run that the console knows'
              ),
            }}
          />
          {inclusion.path.length > 0 && (
            <details>
              <summary>The path, leaf to root</summary>
              <ol className="path">
                {inclusion.path.map((hash) => (
                  <li key={hash}>
                    <code>{hash}</code>
                  </li>
                ))}
              </ol>
            </details>
          )}
        </>
      )}
    </div>
  )
}
