/** What to measure: chips for cases and peers, and presets for the cases. */

import { cases, quickCases } from '../../bench/cases.js'
import type { Selection } from '../../bench/in-browser.js'
import { power } from '../../bench/notation.js'
import { allPeers } from '../../bench/peers/all.js'
import { element } from '../shared/elements.js'

interface Preset {
  label: string
  cases: readonly string[]
  quick: boolean
}

const GLANCE = ['spatial1d', 'small', 'sweep-2^10', 'sweep-2^14', 'sweep-2^18']

/** The page opens with the first. */
const presets: Preset[] = [
  { label: 'A glance', cases: GLANCE, quick: true },
  { label: 'Quick', cases: quickCases, quick: true },
  { label: 'Everything', cases: cases.map(({ name }) => name), quick: false },
]

export function addChoices(): void {
  for (const one of cases) {
    if (one.task === undefined && one.sweep) addChip('sweep', 'case', one.name, power(one.shape[0]))
    else addChip('cases', 'case', one.name, one.title)
  }
  // The copy baseline cannot be deselected: the others are compared with it.
  for (const { task, name, title, kind, role } of allPeers)
    if (role !== 'baseline') addChip(task ?? kind, 'peer', name, title, true)
  for (const preset of presets) {
    const button = Object.assign(document.createElement('button'), {
      type: 'button',
      textContent: preset.label,
    })
    button.className = 'button'
    button.addEventListener('click', () => take(preset))
    element('presets').append(button)
  }
  take(presets[0])
}

/** Disables the peers that need WebGPU, and says why. */
export function withoutGpu(reason: string): void {
  for (const input of inputs('peer')) {
    if (input.closest('.on-gpu')) Object.assign(input, { disabled: true, checked: false })
  }
  element('choices').dataset.withoutGpu = ''
  const hint = element('no-gpu')
  hint.textContent = `${reason}. The peers on the CPU can be measured.`
  hint.hidden = false
}

export function readChoices(): Selection {
  const names = (kind: 'case' | 'peer') =>
    inputs(kind)
      .filter(({ checked }) => checked)
      .map(({ value }) => value)
  const selection = { cases: names('case'), peers: names('peer') }
  if (selection.cases.length === 0) throw new Error('No case is chosen. Choose one, or a preset.')
  if (selection.peers.length === 0) throw new Error('No peer is chosen. Choose one of those listed.')
  return { ...selection, quick: element<HTMLInputElement>('quick').checked, coldStart: true }
}

/** Choices cannot be changed during a run. */
export function freezeChoices(frozen: boolean): void {
  element('choices')
    .querySelectorAll('fieldset')
    .forEach((fieldset) => {
      fieldset.disabled = frozen
    })
  element<HTMLInputElement>('quick').disabled = frozen
}

function take(preset: Preset): void {
  for (const input of inputs('case')) input.checked = preset.cases.includes(input.value)
  element<HTMLInputElement>('quick').checked = preset.quick
}

function inputs(name: 'case' | 'peer'): HTMLInputElement[] {
  return Array.from(element('choices').querySelectorAll<HTMLInputElement>(`input[name=${name}]`))
}

function addChip(group: string, name: string, value: string, text: string, checked = false): void {
  const input = Object.assign(document.createElement('input'), { type: 'checkbox', name, value, checked })
  const label = document.createElement('label')
  label.append(input, Object.assign(document.createElement('span'), { textContent: text }))
  element(group).append(label)
}
