/** Lines over time on a canvas. What they are stands in the table below; this is for the eye alone. */
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { PanelView } from '../data/sre.ts'
import { useTheme } from '../shell/theme.ts'
import { stampOf, useZone, type Zone } from '../ui/time.tsx'
import { onScale } from '../ui/units.ts'
import { colours } from './colours.ts'

const HEIGHT = 150
/** Room for the numbers of the scale. */
const SCALE_WIDTH = 64

export interface ChartProps {
  panel: PanelView
  times: readonly number[]
  /** Which moment is looked at; null: none. */
  looked: number | null
  onLook: (at: number | null) => void
}

export function Chart({ panel, times, looked, onLook }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const data = useRef<uPlot.AlignedData>([[]])
  const zone = useZone()
  const theme = useTheme()
  data.current = [[...times], ...panel.lines.map(({ values }) => values)]
  const legends = panel.lines.map(({ legend }) => legend).join('\n')

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines, another zone or theme: another plot
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const options = optionsOf(panel, element, { zone, onLook })
    const made = new uPlot(options, data.current, element)
    plot.current = made
    const watch = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT }),
    )
    watch.observe(element)
    return () => {
      watch.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [panel.id, legends, zone, theme])

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new is in the lines and moments
  useEffect(() => plot.current?.setData(data.current), [times, panel.lines])

  useEffect(() => {
    const made = plot.current
    const at = looked === null ? undefined : times[looked]
    if (!made || at === undefined || made.cursor.idx === looked) return
    made.setCursor({ left: made.valToPos(at, 'x'), top: 0 }, false)
  }, [looked, times])

  return <div ref={place} className="chart" aria-hidden="true" />
}

function optionsOf(
  { unit, lines, thresholds = [] }: PanelView,
  element: HTMLElement,
  { zone, onLook }: { zone: Zone; onLook: (at: number | null) => void },
): uPlot.Options {
  const { ink, grid, line, level } = colours(element)
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, sync: { key: 'sre' } },
    scales: { y: { range: (_plot, least, most) => scaleOf(least, most) } },
    axes: [
      { ...axis, values: (_plot, at) => clockOf(at, zone) },
      { ...axis, size: SCALE_WIDTH, values: (_plot, at) => at.map((one) => onScale(one, unit)) },
    ],
    series: [
      {},
      ...lines.map((_, at) => ({
        stroke: line(at),
        width: 1.5,
        ...(at >= 8 ? { dash: [6, 3] } : {}),
      })),
    ],
    ...(zone === 'utc'
      ? { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1_000), 'Etc/UTC') }
      : {}),
    hooks: {
      setCursor: [({ cursor: { idx } }) => onLook(idx ?? null)],
      draw: [(plot) => drawThresholds(plot, thresholds, level)],
    },
  }
}

/** Hours and minutes, with seconds where the moments are so near. */
function clockOf(moments: readonly number[], zone: Zone): string[] {
  const isNear = moments.some((at) => at % 60 !== 0)
  return moments.map((at) => {
    const stamp = stampOf(new Date(at * 1_000).toISOString(), zone)
    return stamp.slice(11, isNear ? 19 : 16)
  })
}

/** From zero, unless there is less; never a scale without extent. */
function scaleOf(least: number | null, most: number | null): [number, number] {
  const from = Math.min(0, least ?? 0)
  const to = most ?? 1
  return [from, to > from ? to * 1.05 : from + 1]
}

/** From where on a value is to be looked at, where the scale reaches it. */
function drawThresholds(
  { ctx, bbox, scales, valToPos }: uPlot,
  thresholds: NonNullable<PanelView['thresholds']>,
  level: (name: string) => string,
): void {
  for (const one of thresholds) {
    if (one.at > (scales.y?.max ?? 0)) continue
    const y = Math.round(valToPos(one.at, 'y', true))
    ctx.save()
    ctx.strokeStyle = level(one.level)
    ctx.setLineDash([4, 4])
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    ctx.restore()
  }
}
