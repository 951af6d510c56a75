/** What to measure, in detail: chips for cases and peers, presets for the cases, and all of it in the page's address. */

import { cases, quickCases } from '../../bench/cases.js'
import type { Selection } from '../../bench/in-browser.js'
import { power } from '../../bench/notation.js'
import { allPeers } from '../../bench/peers/all.js'
import { element, make } from '../shared/elements.js'
import { choiceTerms, explained } from './terms.js'

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

/** @param changed called when the reader has changed a choice */
export function addChoices(changed: () => void): void {
  for (const one of cases) {
    if (one.task === undefined && one.sweep) addChip('sweep', 'case', one.name, power(one.shape[0]))
    else addChip('cases', 'case', one.name, one.title)
  }
  // The copy baseline cannot be deselected: the others are compared with it.
  for (const { task, name, title, kind, role } of allPeers)
    if (role !== 'baseline') addChip(task ? `${task}-${kind}` : kind, 'peer', name, title, true)
  for (const preset of presets) {
    const button = make('button', { type: 'button', className: 'button', textContent: preset.label })
    button.addEventListener('click', () => {
      take(preset)
      changed()
    })
    element('presets').append(button)
  }
  element('choices').append(explained('What these are', choiceTerms()))
  element('choices').addEventListener('change', changed)
}

/** What differs from the choices that the page opens with, as text for the address. */
export function choicesState(): Record<string, string | undefined> {
  const chosen = names('case').join(',')
  const available = inputs('peer').filter(({ disabled }) => !disabled)
  return {
    cases: chosen === presets[0].cases.join(',') ? undefined : chosen,
    peers: available.every(({ checked }) => checked) ? undefined : names('peer').join(','),
    quick: element<HTMLInputElement>('quick').checked ? undefined : '0',
  }
}

/** Chooses what the address says. Names that do not exist are ignored. */
export function applyChoices(state: Readonly<Record<string, string>>): void {
  const wanted = state.cases?.split(',') ?? presets[0].cases
  for (const input of inputs('case')) input.checked = wanted.includes(input.value)
  const peers = state.peers?.split(',')
  for (const input of inputs('peer')) {
    input.checked = !input.disabled && (peers?.includes(input.value) ?? true)
  }
  element<HTMLInputElement>('quick').checked = state.quick !== '0'
  if ('cases' in state || 'peers' in state || 'quick' in state) {
    element<HTMLDetailsElement>('detail').open = true
  }
}

/** Enables the peers that need WebGPU; where there is none, disables them and says why. */
export function offerGpu(noAdapter: string | undefined): void {
  for (const input of inputs('peer')) {
    const disabled = noAdapter !== undefined
    if (!input.closest('.on-gpu') || input.disabled === disabled) continue
    Object.assign(input, { disabled, checked: !disabled })
  }
  element('choices').toggleAttribute('data-without-gpu', noAdapter !== undefined)
  const hint = element('no-gpu')
  hint.textContent = noAdapter === undefined ? '' : `${noAdapter}. The peers on the CPU can be measured.`
  hint.hidden = noAdapter === undefined
}

/** @throws Error that can be shown, if nothing is chosen */
export function readChoices(): Selection {
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
  element<HTMLButtonElement>('run').disabled = frozen
}

function take(preset: Preset): void {
  for (const input of inputs('case')) input.checked = preset.cases.includes(input.value)
  element<HTMLInputElement>('quick').checked = preset.quick
}

function names(name: 'case' | 'peer'): string[] {
  return inputs(name)
    .filter(({ checked }) => checked)
    .map(({ value }) => value)
}

function inputs(name: 'case' | 'peer'): HTMLInputElement[] {
  return Array.from(element('choices').querySelectorAll<HTMLInputElement>(`input[name=${name}]`))
}

function addChip(group: string, name: string, value: string, text: string, checked = false): void {
  const input = make('input', { type: 'checkbox', name, value, checked })
  const label = make('label', {}, [input, make('span', { textContent: text })])
  element(group).append(label)
}
