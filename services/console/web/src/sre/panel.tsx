/** One panel: what it tells, its lines or its number, and the same in words and a table. */
import { useMemo, useState } from 'react'
import { Button } from 'react-aria-components'
import type { PanelView } from '../data/sre.ts'
import { stampOf, useZone } from '../ui/time.tsx'
import { inUnit } from '../ui/units.ts'
import { Chart } from './chart.tsx'

export interface PanelProps {
  panel: PanelView
  /** Seconds since 1970. */
  times: readonly number[]
  /** Services that do not answer. */
  silent: readonly string[]
}

export function Panel({ panel, times, silent }: PanelProps) {
  const { id, title, description, kind, lines, promql, left_out } = panel
  const sorted = useMemo(() => ({ ...panel, lines: tallestFirst(panel.lines) }), [panel])
  return (
    <figure className={`panel ${kind}`} data-panel={id} aria-label={title}>
      <figcaption>
        <h3>{title}</h3>
        <p className="soft">{description}</p>
      </figcaption>
      {lines.length === 0 ? (
        <p className="none">{noneOf(silent)}</p>
      ) : kind === 'number' ? (
        <Numbers panel={panel} />
      ) : (
        <Lines panel={sorted} times={times} />
      )}
      {left_out > 0 && <p className="soft">{left_out} more lines are left out.</p>}
      <details className="promql">
        <summary>PromQL</summary>
        {promql.map((one) => (
          <code key={one}>{one}</code>
        ))}
      </details>
    </figure>
  )
}

/** Lines that rise come before those that never do. */
function tallestFirst(lines: PanelView['lines']): PanelView['lines'] {
  const most = new Map(lines.map((one) => [one, Math.max(...one.values.map((n) => n ?? 0))]))
  return [...lines].sort((a, b) => (most.get(b) ?? 0) - (most.get(a) ?? 0))
}

function noneOf(silent: readonly string[]): string {
  const names = silent.join(', ')
  return silent.length === 0
    ? 'Nothing of it was told in this span.'
    : `Nothing of it was told in this span; ${names} does not answer.`
}

/** The newest number, and what it is held to. */
function Numbers({ panel: { lines, unit, thresholds = [] } }: { panel: PanelView }) {
  return (
    <ul className="numbers">
      {lines.map(({ legend, values }) => {
        const now = values.at(-1) ?? null
        const [beyond] = thresholds
          .filter(({ at }) => now !== null && now >= at)
          .sort((a, b) => b.at - a.at)
        return (
          <li key={legend}>
            <strong className={beyond?.level ?? ''}>{inUnit(now, unit)}</strong>{' '}
            <span className="soft">{legend}</span>
            {beyond ? (
              <span className="state bad">
                {beyond.level}: from {inUnit(beyond.at, unit)} on
              </span>
            ) : (
              thresholds.map(({ at, level }) => (
                <span key={at} className="soft">
                  {level} from {inUnit(at, unit)} on
                </span>
              ))
            )}
          </li>
        )
      })}
    </ul>
  )
}

/** A chart, the moment that is looked at, and what each line was then. */
function Lines({ panel, times }: Omit<PanelProps, 'silent'>) {
  const { title, unit, lines, thresholds = [] } = panel
  const zone = useZone()
  const [looked, setLooked] = useState<number | null>(null)
  const at = looked !== null && looked < times.length ? looked : null
  const newest = times.length - 1
  const shown = at ?? newest
  const moment = stampOf(new Date((times[shown] ?? 0) * 1_000).toISOString(), zone)
  const said = lines.map(({ legend, values }) => `${legend} ${inUnit(values[shown], unit)}`)
  return (
    <>
      <Chart panel={panel} times={times} looked={at} onLook={setLooked} />
      <input
        type="range"
        className="moment"
        aria-label={`Moment in ${title}`}
        aria-valuetext={`${moment}: ${said.join(', ')}`}
        min={0}
        max={Math.max(0, newest)}
        value={shown}
        onChange={(event) => setLooked(Number(event.target.value))}
      />
      <LineTable panel={panel} shown={shown} label={at === null ? 'now' : moment.slice(11, 19)} />
      {thresholds.length > 0 && (
        <p className="soft">
          {thresholds.map(({ at, level }) => `${level} from ${inUnit(at, unit)} on`).join(', ')}
        </p>
      )}
    </>
  )
}

/** More lines than these are shown when somebody asks. */
const FEW = 6

function LineTable({
  panel: { title, lines, unit },
  shown,
  label,
}: {
  panel: PanelView
  shown: number
  label: string
}) {
  const [isWhole, setWhole] = useState(false)
  const rows = lines.map((line, at) => ({ ...line, at }))
  const more = rows.length - FEW
  return (
    <>
      <table className="lines-of">
        <caption className="spoken">{title}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="spoken">Line</span>
            </th>
            <th scope="col">{label}</th>
            <th scope="col">least</th>
            <th scope="col">most</th>
          </tr>
        </thead>
        <tbody>
          {(isWhole ? rows : rows.slice(0, FEW)).map(({ legend, values, at }) => {
            const there = values.filter((one) => one !== null)
            return (
              <tr key={legend}>
                <th scope="row">
                  <i className="swatch" data-line={at % 8} data-dashed={at >= 8 || undefined} />
                  {legend}
                </th>
                <td>{inUnit(values[shown], unit)}</td>
                <td>{inUnit(Math.min(...there), unit)}</td>
                <td>{inUnit(Math.max(...there), unit)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {more > 0 && (
        <Button className="button" onPress={() => setWhole(!isWhole)}>
          {isWhole ? 'Fewer lines' : `${more} more`}
        </Button>
      )}
    </>
  )
}
