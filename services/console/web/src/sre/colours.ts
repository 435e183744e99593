/** A canvas takes no colours of a style sheet: they are read where the theme stands. */
export interface Colours {
  ink: string
  grid: string
  /** Of the n-th line; of the ninth the first again, dashed. */
  line(at: number): string
  level(name: string): string
}

/** @param element that has the theme of the page */
export function colours(element: HTMLElement): Colours {
  const probe = document.createElement('i')
  element.append(probe)
  const read = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const lines = Array.from({ length: 8 }, (_, at) => read(`--line-${at}`))
  const [ink, grid, warning, critical] = ['--soft', '--line', '--fair', '--bad'].map(read)
  probe.remove()
  return {
    ink: ink ?? '',
    grid: grid ?? '',
    line: (at) => lines[at % lines.length] ?? '',
    level: (name) => (name === 'critical' ? critical : warning) ?? '',
  }
}
