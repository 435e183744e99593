/** Which keys the verdict rests on, and how others are chosen. */
import { type FormEvent, useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import { Id, Section } from '../ui/parts.tsx'
import { count } from '../ui/words.ts'
import { Drop } from '../verify/drop.tsx'
import type { LogReport } from './examine.ts'
import { idsIn, type TrustedKeys, trustKeys, useTrustedKeys } from './trusted-keys.ts'

export function KeysSection({ report: { signer } }: { report: LogReport }) {
  const trusted = useTrustedKeys()
  const [text, setText] = useState('')
  const pin = (event: FormEvent) => {
    event.preventDefault()
    const ids = idsIn(text)
    if (ids !== undefined) trustKeys({ ids })
  }
  return (
    <Section title="Keys that the verdict rests on">
      <p>{restsOn(trusted)}</p>
      {signer !== undefined && (
        <p>
          Signed with <Id value={signer} whole />
        </p>
      )}
      {trusted !== undefined && (
        <Button className="button" onPress={() => trustKeys(undefined)}>
          Rely on the console’s list again
        </Button>
      )}
      <Drop onFiles={({ keys }) => keys && trustKeys({ name: keys.name, list: keys.text })}>
        Drop a key list that you have from elsewhere (<code>keys.json</code>), or choose:
      </Drop>
      <form className="row" onSubmit={pin}>
        <TextField
          className="field grow"
          value={text}
          onChange={setText}
          isRequired
          validate={(given) =>
            idsIn(given) === undefined ? 'A key id has 43 letters and digits.' : null
          }
        >
          <Label>Or ids of the log’s keys that you know</Label>
          <Input autoComplete="off" spellCheck="false" />
        </TextField>
        <Button type="submit" className="button">
          Rely on these alone
        </Button>
      </form>
    </Section>
  )
}

function restsOn(trusted: TrustedKeys | undefined): string {
  if (trusted === undefined) {
    return 'The key list that this console serves: the log is vouched for by the same people who run it. Keys that you have from elsewhere make the verdict your own.'
  }
  return 'list' in trusted
    ? `${trusted.name}, which you gave; not the console’s own list.`
    : `${count(trusted.ids.length, 'key id')} that you gave; of the console’s own list no other key counts.`
}
