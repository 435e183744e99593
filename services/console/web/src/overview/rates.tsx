/** How many orders come and go, and how long they take, over the last minute. */
import { Link } from '@tanstack/react-router'
import type { Overview } from '../data/overview.ts'
import { inUnit } from '../ui/units.ts'

export function Rates({ rates, spans }: Pick<Overview, 'rates' | 'spans'>) {
  if (rates.length === 0) return null
  const said = [
    ...rates.map(({ legend, value }) => `${inUnit(value, 'per second')} ${legend}`),
    ...spans.map(({ legend, value }) => `${legend} ${inUnit(value, 'seconds')}`),
  ]
  return (
    <p className="rates">
      In the last minute: {said.join(' · ')}. <Link to="/sre">More of the deployment</Link>
    </p>
  )
}
