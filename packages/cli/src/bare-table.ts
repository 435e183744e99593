import Table from 'cli-table3'
import { colour } from './output.ts'

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** A table without lines, whose columns stand under each other; the head is dimmed, if there is one. */
export function bareTable(head: readonly string[]): Table.Table {
  return new Table({
    ...(head.length === 0 ? {} : { head: head.map((name) => colour.dim(name)) }),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
}
