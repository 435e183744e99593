/** What was done to whom while how much was under way. */
export interface Fault {
  /** The scenario. */
  during: string
  /** SIGKILL, SIGSTOP, restart, … */
  what: string
  who: string
  /** The moment. */
  when: string
  /** Orders that were published and not yet sealed. */
  open: number
}

/** What was measured, in words and figures. */
export interface Figure {
  during: string
  what: string
}

export interface Journal {
  faults: readonly Fault[]
  fault(fault: Fault): void
  figure(figure: Figure): void
  /** The table of the run. */
  table(sums: readonly (readonly [name: string, count: number])[]): string
}

export function makeJournal(): Journal {
  const faults: Fault[] = []
  const figures: Figure[] = []
  return {
    faults,
    fault: (fault) => void faults.push(fault),
    figure: (figure) => void figures.push(figure),
    table(sums) {
      const kinds = new Map<string, Fault[]>()
      for (const fault of faults) {
        const kind = `${fault.during}: ${fault.what}`
        kinds.set(kind, [...(kinds.get(kind) ?? []), fault])
      }
      const lines = [...kinds].flatMap(([kind, all]) => [
        `  ${kind}, ${all.length} times`,
        ...all.map(({ who, when, open }) => `    ${who.padEnd(12)} ${when}; ${open} orders open`),
      ])
      const measured = figures.map(({ during, what }) => `  ${during}: ${what}`)
      const counted = sums.map(([name, count]) => `  ${name.padEnd(28)} ${count}`)
      return ['faults', ...lines, 'measured', ...measured, 'books', ...counted, ''].join('\n')
    },
  }
}
