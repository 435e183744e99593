/** Files dropped or chosen: a trail, a key list, a policy; each known by what it says. */
import { type FileKind, kindOfFile } from '@prooftrail/verifier'
import { type DragEvent, type ReactNode, useId, useState } from 'react'

/** More than any trail takes: a file beyond it is somebody's mistake. */
const MAX_BYTES = 64 * 1024 * 1024

export type Files = Partial<Record<FileKind, { name: string; text: string }>>

/** @param onFiles is given what was known among the files; what was not is told on the page */
export function Drop({
  onFiles,
  children,
}: {
  onFiles: (files: Files) => void
  children: ReactNode
}) {
  const [isOver, setOver] = useState(false)
  const [refused, setRefused] = useState<string[]>([])
  const id = useId()
  const take = async (files: Iterable<File>) => {
    const found: Files = {}
    const strange: string[] = []
    for (const file of files) {
      const text = file.size > MAX_BYTES ? undefined : await file.text()
      const kind = text === undefined ? undefined : kindOfFile(file.name, text)
      if (kind === undefined || text === undefined) strange.push(file.name)
      else found[kind] = { name: file.name, text }
    }
    setRefused(strange)
    onFiles(found)
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    void take(event.dataTransfer.files)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the field within does the same by keyboard
    <div
      className={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label htmlFor={id}>{children}</label>
      <input
        id={id}
        type="file"
        multiple
        accept=".json,application/json"
        onChange={(event) => void take(event.target.files ?? [])}
      />
      {refused.length > 0 && (
        <p role="alert" className="what">
          {refused.join(', ')}: no trail, no key list and no policy.
        </p>
      )}
    </div>
  )
}
