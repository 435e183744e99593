/** One item of evidence: as a reference with its digest, or as the JSON that the agent would send. */
import { Label, TextArea, TextField } from 'react-aria-components'
import { words } from '../ui/words.ts'
import type { RunParts } from './parts.ts'
import { useEvidence } from './use-evidence.ts'

export interface EvidenceDraft {
  evidenceClass: string
  /** JSON of the item. */
  text: string
}

const EXAMPLE = `{
  "reference": "invoices/2026-117.pdf",
  "digest": "sha256:…",
  "issued_at": "2026-11-30T10:00:00.000Z"
}`

/** @throws SyntaxError where it is no JSON */
export function evidenceOf({ evidenceClass, text }: EvidenceDraft): {
  evidence_class: string
  evidence: unknown
} {
  return { evidence_class: evidenceClass, evidence: JSON.parse(text) }
}

export function EvidenceFields({
  draft,
  onChange,
  ...parts
}: RunParts & {
  draft: EvidenceDraft
  onChange: (change: Partial<EvidenceDraft>) => void
}) {
  const about = useEvidence(parts).find(({ name }) => name === draft.evidenceClass)
  const classes = parts.run.acts.data?.open_evidence ?? []
  const names = [...new Set([...(draft.evidenceClass ? [draft.evidenceClass] : []), ...classes])]
  const take = async (files: FileList | null) => {
    const [file] = files ?? []
    if (file) onChange({ text: await itemOf(file, draft.evidenceClass) })
  }
  return (
    <>
      <label className="field">
        For which class of evidence
        <select
          value={draft.evidenceClass}
          onChange={(event) => onChange({ evidenceClass: event.target.value })}
          required
        >
          {draft.evidenceClass === '' && <option value="">choose one</option>}
          {names.map((name) => (
            <option key={name} value={name}>
              {words(name)}
            </option>
          ))}
        </select>
      </label>
      {about?.description && <p className="soft">{about.description}</p>}
      <label className="field">
        A file, of any format: what is sent is its name and digest, the file stays on this machine.
        A .json file is taken as the item itself.
        <input type="file" onChange={(event) => void take(event.target.files)} />
      </label>
      <TextField
        className="field"
        value={draft.text}
        onChange={(text) => onChange({ text })}
        isRequired
        validate={(text) => (isJson(text) ? null : 'This is not JSON.')}
      >
        <Label>The item that is sent, as JSON: filled in from the file, or written here</Label>
        <TextArea rows={6} placeholder={EXAMPLE} spellCheck="false" className="mono" />
      </TextField>
    </>
  )
}

/**
 * A file as an evidence item: of JSON what it has for the class, as `prooftrail evidence add` takes it,
 * else the whole as it stands; anything else by name and digest.
 */
async function itemOf(file: File, evidenceClass: string): Promise<string> {
  if (/\.json$/i.test(file.name)) {
    const text = await file.text()
    const own = isJson(text) ? Reflect.get(Object(JSON.parse(text)), evidenceClass) : undefined
    if (own !== undefined) return JSON.stringify(own, undefined, 2)
    if (isJson(text)) return text
  }
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer())
  const hex = [...new Uint8Array(digest)].map((one) => one.toString(16).padStart(2, '0')).join('')
  const issued_at = new Date(file.lastModified).toISOString()
  return JSON.stringify({ reference: file.name, digest: `sha256:${hex}`, issued_at }, undefined, 2)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
