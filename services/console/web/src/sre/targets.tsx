/** Every process whose metrics are read, and who of them does not answer. */
import type { Deployment } from '../data/sre.ts'
import { Time } from '../ui/time.tsx'

export function Targets({ of }: { of: Deployment['targets'] }) {
  const seen = new Map<string, number>()
  for (const { service } of of) seen.set(service, (seen.get(service) ?? 0) + 1)
  return (
    <ul className="targets" aria-label="Processes">
      {of.map(({ service, instance, up, since, reason }) => (
        <li key={`${service} ${instance}`} className={up ? '' : 'silent'}>
          <strong>{service}</strong>{' '}
          {(seen.get(service) ?? 0) > 1 && <span className="soft">{instance} </span>}
          {up ? (
            <span className="state good">answers</span>
          ) : (
            <>
              <span className="state bad">does not answer</span>{' '}
              <span className="soft">
                {reason}, <Time at={since} relative />
              </span>
            </>
          )}
        </li>
      ))}
    </ul>
  )
}
