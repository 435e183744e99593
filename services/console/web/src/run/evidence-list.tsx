/** What the tool asks for as evidence, what was given, and the acts that close a gap. */

import type { RecoveryAction } from '@prooftrail/contracts'
import { Button } from 'react-aria-components'
import { Json } from '../ui/json.tsx'
import { Mark, Section } from '../ui/parts.tsx'
import { count, words } from '../ui/words.ts'
import type { EvidenceRow } from './evidence.ts'
import type { RunParts } from './parts.ts'
import { useActSheet } from './use-act-sheet.tsx'
import { useEvidence } from './use-evidence.ts'

export function EvidenceList(parts: RunParts) {
  const { report, isOperator } = parts
  const { ask, sheet } = useActSheet(parts)
  const rows = useEvidence(parts)
  if (rows.length === 0) return null
  const may = (action: RecoveryAction) =>
    isOperator && report.options.some((one) => one.action === action && one.applies)
  const mayAdd = may('add_evidence')
  const openOnes = rows.filter(({ gaps }) => gaps.length > 0)
  return (
    <Section
      title="Evidence"
      aside={
        <span className="soft">
          {openOnes.length === 0 ? 'nothing is open' : `${openOnes.length} open`}
        </span>
      }
    >
      {openOnes.length > 0 && mayAdd && (
        <WayOn
          added={openOnes.filter(({ unseen }) => unseen > 0).length}
          onReplay={may('replay_from_checkpoint') ? () => ask('replay_from_checkpoint') : undefined}
        />
      )}
      <ul className="evidence">
        {rows.map((row) => (
          <Row
            key={row.name}
            row={row}
            onAdd={mayAdd ? () => ask('add_evidence', row.name) : undefined}
          />
        ))}
      </ul>
      {sheet}
    </Section>
  )
}

/** What comes next, in words: evidence alone changes no result. */
function WayOn({ added, onReplay }: { added: number; onReplay: (() => void) | undefined }) {
  if (added === 0 || !onReplay) {
    return (
      <p className="soft">
        A gap closes in two steps: add the evidence, then replay. The tool works again with it, and
        the run is sealed anew.
      </p>
    )
  }
  return (
    <div className="way-on">
      <p>
        Evidence was added to {count(added, 'open class', 'open classes')}. The tool has not seen it
        yet: a replay has it work again, and seals the run anew.
      </p>
      <Button className="button primary" onPress={onReplay}>
        Replay with what was added
      </Button>
    </div>
  )
}

function Row({ row, onAdd }: { row: EvidenceRow; onAdd: (() => void) | undefined }) {
  const { name, description, required, weight, items, unseen, gaps } = row
  const isOpen = gaps.length > 0
  return (
    <li className={isOpen ? 'gap' : ''}>
      <Mark is={isOpen ? 'failed' : items.length > 0 ? 'passed' : 'open'} />
      <div>
        <p>
          <strong>{words(name)}</strong>{' '}
          <span className="soft">
            {required === undefined ? '' : required ? 'required' : 'optional'}
            {weight ? `, ${weight} of 100` : ''}
          </span>
        </p>
        {description && <p className="soft">{description}</p>}
        {gaps.map(({ code, detail }) => (
          <p key={`${code} ${detail}`} className="what">
            <strong>{words(code)}</strong>
            {detail && `: ${detail}`}
          </p>
        ))}
        {isOpen && unseen > 0 && (
          <p>
            <strong>{count(unseen, 'item')} added since</strong>, not seen by the tool yet
          </p>
        )}
        {items.length > 0 && (
          <details>
            <summary>{items.length === 1 ? 'what was given' : `${items.length} items`}</summary>
            <Json value={items.length === 1 ? items[0] : items} name={`evidence-${name}`} />
          </details>
        )}
      </div>
      {isOpen && onAdd && (
        <Button className="button" onPress={onAdd}>
          {unseen > 0 ? 'Add more' : 'Add evidence'}
        </Button>
      )}
    </li>
  )
}
