/** The proof of the run, verified in this browser; and any copy of it, beside. */
import { useState } from 'react'
import { Button } from 'react-aria-components'
import { save } from '../ui/json.tsx'
import { Commands, Empty, Failed, Loading, Section } from '../ui/parts.tsx'
import { Drop, type Files } from '../verify/drop.tsx'
import { useVerification } from '../verify/use-verification.ts'
import { VerdictView } from '../verify/verdict-view.tsx'
import { orderOf, type RunParts } from './parts.ts'

export function ProofTab(parts: RunParts) {
  const { run, report } = parts
  const id = orderOf(parts)
  const [copy, setCopy] = useState<Files>({})
  const keys = copy.keys?.text ?? run.keys.data
  const copied = useVerification(
    copy.trail && keys !== undefined
      ? { bundle: copy.trail.text, keys, ...(copy.policy ? { policy: copy.policy.text } : {}) }
      : undefined,
  )
  if (report.proof_envelope.revision === undefined) {
    return (
      <Empty title="The trail is not sealed yet.">
        <p>
          What is missing:{' '}
          {report.proof_envelope.missing.map((name) => name.replaceAll('_', ' ')).join(', ') ||
            'the whole trail'}
          .
        </p>
      </Empty>
    )
  }
  const { bundle, verification } = run
  if (bundle.error) return <Failed error={bundle.error} again={() => void bundle.refetch()} />
  if (!bundle.data || !verification) return <Loading what="the bundle" />
  const text = bundle.data
  return (
    <>
      <div className="row">
        <Button className="button" onPress={() => save(`${id}.trail.json`, text)}>
          Download the bundle
        </Button>
        <Button
          className="button"
          isDisabled={run.keys.data === undefined}
          onPress={() => save('keys.json', run.keys.data ?? '')}
        >
          Download the keys
        </Button>
      </div>
      <VerdictView verification={verification} bundle={text} />
      <Section title="Compare a copy">
        <Drop onFiles={(files) => setCopy({ ...copy, ...files })}>
          Drop a copy of this trail that somebody gave you: what was changed in it shows.
        </Drop>
        {copy.trail && copied && (
          <div className="copy-of">
            <h3>{copy.trail.name}</h3>
            <p className="soft">
              {copy.trail.text.trim() === text.trim()
                ? 'The same bytes as the bundle above.'
                : 'Other bytes than the bundle above.'}
            </p>
            <VerdictView verification={copied} bundle={copy.trail.text} />
          </div>
        )}
      </Section>
      <Commands
        lines={[
          ['save it', `prooftrail trail ${id} --out ${id}.trail.json`],
          ['verify it', `prooftrail verify ${id}.trail.json --keys keys.json`],
          [
            'by curl',
            `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/trails/${id} -o ${id}.trail.json`,
          ],
          ['the keys by curl', `curl ${location.origin}/keys.json -o keys.json`],
        ]}
      />
    </>
  )
}
