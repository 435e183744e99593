/** One box for any id, digest, log index or handle. */
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Input, SearchField } from 'react-aria-components'

export function SearchBox() {
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const go = () => {
    const wanted = text.trim()
    if (wanted === '') return
    setText('')
    if (/^(wo|tt)_[a-z2-7]{32}$/.test(wanted)) {
      void navigate({ to: '/runs/$id', params: { id: wanted } })
    } else {
      void navigate({ to: '/runs', search: { find: wanted } })
    }
  }
  return (
    <SearchField
      className="search"
      aria-label="Find a run by any id, digest, log index or handle"
      value={text}
      onChange={setText}
      onSubmit={go}
    >
      <Input id="search" placeholder="Any id, digest, log index …  ( / )" spellCheck="false" />
    </SearchField>
  )
}
