/** Who else vouches for the log, and whether that is enough for a policy of the reader's own. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from 'react-aria-components'
import { cosignedQuery } from '../data/log.ts'
import { Empty, Failed, Mark, Section } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { count } from '../ui/words.ts'
import { Drop } from '../verify/drop.tsx'
import { cosignedBy, policyFault } from './witnesses.ts'

export function WitnessSection({ size }: { size: number }) {
  // asked when somebody wants to know: where there is none, the door's answer is a 404
  const [isAsked, setAsked] = useState(false)
  const { data: note, error } = useQuery({ ...cosignedQuery, enabled: isAsked })
  const [policy, setPolicy] = useState<{ name: string; text: string }>()
  const fault = policy && policyFault(policy.text)
  const found = note ? cosignedBy(note, fault === undefined ? policy?.text : undefined) : undefined
  return (
    <Section title="Witnesses">
      {!isAsked && (
        <Button className="button" onPress={() => setAsked(true)}>
          Ask who cosigned it
        </Button>
      )}
      {error && <Failed error={error} />}
      {note === null && (
        <Empty title="No witness has cosigned a checkpoint.">
          <p>
            Without one the log alone says that everybody is shown the same.{' '}
            <code>prooftrail witness</code> runs one; <code>WITNESSES</code> names those that are
            asked.
          </p>
        </Empty>
      )}
      {found && (
        <>
          <p>
            The newest cosigned checkpoint has {count(found.size, 'leaf', 'leaves')}
            {found.size < size && `, ${count(size - found.size, 'leaf', 'leaves')} behind the log`}.
          </p>
          <ul className="lines">
            {found.witnesses.map(({ name, at, counts }) => (
              <li key={`${name} ${at}`}>
                {counts !== undefined && <Mark is={counts ? 'passed' : 'failed'} />} {name},{' '}
                <Time at={at} />
                {counts === false && <span className="soft"> not a witness of the policy</span>}
              </li>
            ))}
          </ul>
          {found.asked ? (
            <p className={found.asked.missing > 0 ? 'what' : ''} role="status">
              <Mark is={found.asked.missing > 0 ? 'failed' : 'passed'} /> {policy?.name} asks for{' '}
              {count(found.asked.at_least, 'witness', 'witnesses')}
              {found.asked.missing > 0 && `; ${found.asked.missing} missing`}
              {!found.asked.log_key && '; none of its log keys signed'}.
            </p>
          ) : (
            <p className="soft">
              Names and times are their own word until a policy says their keys.
            </p>
          )}
        </>
      )}
      <Drop onFiles={(files) => files.policy && setPolicy(files.policy)}>
        Drop a policy here to check who counts, or choose:
      </Drop>
      {fault !== undefined && (
        <p className="problems" role="alert">
          {policy?.name}: {fault}
        </p>
      )}
    </Section>
  )
}
