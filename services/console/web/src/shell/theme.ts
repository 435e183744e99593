import { useSyncExternalStore } from 'react'

/** Light, dark, or as the system says; this browser remembers it. */
const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

const STORED = 'prooftrail.theme'
const listeners = new Set<() => void>()
let theme: Theme = known(stored())
apply()

function stored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

function known(name: string | null): Theme {
  return THEMES.find((one) => one === name) ?? 'system'
}

function apply(): void {
  document.documentElement.dataset.theme = theme
}

export function setTheme(name: string): void {
  theme = known(name)
  apply()
  try {
    localStorage.setItem(STORED, theme)
  } catch {
    // a browser that keeps nothing asks again
  }
  for (const tell of listeners) tell()
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell)
      return () => void listeners.delete(tell)
    },
    () => theme,
  )
}
