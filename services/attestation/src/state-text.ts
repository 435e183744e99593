import { canonicalOnce } from '@prooftrail/trail'
import type { CheckedLink, Facts, SealItem, State, TrailItem } from './state.ts'

/**
 * The JSON text of a document's state. Most of a trail are objects whose canonical text is known
 * from their digest: it is taken as it stands, so that a trail is not walked again to be saved.
 */
export function stateText(state: State): string {
  if (state.status === 'joining') {
    return `{"status":"joining","facts":${factsText(state.facts)}}`
  }
  if (state.status !== 'sealed') return JSON.stringify(state)
  const { items, late, ...rest } = state
  const lists = `"items":${listText(items)},"late":${listText(late)}`
  return `${JSON.stringify(rest).slice(0, -1)},${lists}}`
}

function factsText({ order, bound, result, receipts, deliveries }: Facts): string {
  const attempts = Object.entries(bound).map(([attempt, { command, ...rest }]) => {
    const text = `${JSON.stringify(rest).slice(0, -1)},"command":${itemText(command)}}`
    return `${JSON.stringify(attempt)}:${text}`
  })
  const members = [`"bound":{${attempts}}`, `"deliveries":${listText(deliveries)}`]
  if (order) members.push(`"order":${itemText(order)}`)
  if (result) {
    const { tool_command_id, contract, links } = result
    const id = JSON.stringify(tool_command_id)
    const text = `"contract":${itemText(contract)},"links":${listText(links)}`
    members.push(`"result":{"tool_command_id":${id},${text}}`)
  }
  if (receipts) {
    const { usage, settlement } = receipts
    const own = settlement ? `,"settlement":${itemText(settlement)}` : ''
    members.push(`"receipts":{"usage":${itemText(usage)}${own}}`)
  }
  return `{${members}}`
}

function listText(items: readonly TrailItem[]): string {
  return `[${items.map(itemText)}]`
}

function itemText(item: TrailItem): string {
  return 'seal' in item ? sealText(item) : linkText(item)
}

function linkText({ link: { object, ...signed }, ...rest }: CheckedLink): string {
  return spliced(rest, 'link', spliced(signed, 'object', canonicalOnce(object)))
}

function sealText({ seal: { statement, ...signed }, ...rest }: SealItem): string {
  return spliced(rest, 'seal', spliced(signed, 'statement', canonicalOnce(statement)))
}

/** A record's JSON with one member more, whose text is known. */
function spliced(record: object, name: string, text: string): string {
  return `${JSON.stringify(record).slice(0, -1)},"${name}":${text}}`
}
