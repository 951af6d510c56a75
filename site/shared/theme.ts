/** The theme switch in the header of every page: the system's colours, light or dark, on all pages and until changed. */

import { element } from './elements.js'
import { THEME_KEY } from './theme-key.js'

const choice = element<HTMLSelectElement>('theme')

function showTheme(): void {
  const kept = read()
  document.documentElement.dataset.theme = kept
  choice.value = kept
}

choice.addEventListener('change', () => {
  document.documentElement.dataset.theme = choice.value
  write(choice.value)
})
addEventListener('storage', showTheme) // chosen in another tab
addEventListener('pageshow', showTheme) // chosen on another page, before the back button brought this one back as it was
showTheme()
element('theme-switch').hidden = false

// Without storage, which browsers may refuse, the choice lasts as long as the page.

function read(): string {
  try {
    const kept = localStorage.getItem(THEME_KEY)
    if (kept === 'light' || kept === 'dark') return kept
  } catch {}
  return 'system'
}

function write(theme: string): void {
  try {
    localStorage.setItem(THEME_KEY, theme)
  } catch {}
}
