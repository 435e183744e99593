/** Any bundle, verified here: nothing of it is sent anywhere. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery } from '../data/queries.ts'
import { Empty } from '../ui/parts.tsx'
import { Drop, type Files } from './drop.tsx'
import { useVerification } from './use-verification.ts'
import { VerdictView } from './verdict-view.tsx'

export function VerifyPage() {
  const [files, setFiles] = useState<Files>({})
  const { data: served } = useQuery(keysQuery)
  const keys = files.keys?.text ?? served
  const { trail, policy } = files
  const verification = useVerification(
    trail && keys !== undefined
      ? { bundle: trail.text, keys, ...(policy ? { policy: policy.text } : {}) }
      : undefined,
  )
  return (
    <main id="main">
      <h1>Verify a file</h1>
      <p className="soft">
        A bundle is checked in this browser, against a key list and, if you have one, a policy. No
        file leaves this machine.
      </p>
      <Drop onFiles={(more) => setFiles({ ...files, ...more })}>
        Drop a <code>*.trail.json</code> here, with a key list or a policy of your own if you like,
        or choose:
      </Drop>
      <p className="soft">
        Trail: {trail?.name ?? 'none yet'} · keys:{' '}
        {files.keys?.name ?? 'those that this console serves'} · policy: {policy?.name ?? 'none'}
      </p>
      {trail && verification ? (
        <VerdictView verification={verification} bundle={trail.text} />
      ) : (
        <Empty title="Nothing to verify yet.">
          <p>
            A bundle comes from a run’s page (Proof, “Download the bundle”), from{' '}
            <code>prooftrail trail ID --out FILE</code>, or from whoever was given it.
          </p>
        </Empty>
      )}
    </main>
  )
}
