/** Texts of the page: backend, counts, agreement of GPU and CPU, and errors in the settings. */

import { element } from '../shared/elements.js'
import { plain } from '../shared/message.js'
import type { Running } from './engine.js'
import { FieldError, fieldNames, type Options } from './fields.js'
import type { Trial } from './trial.js'

const number = new Intl.NumberFormat('en')
const percent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
})

/** Shows which backend runs, on which adapter, or why there is no GPU. */
export function showBackend({ engine: { backend, adapterInfo }, whyNotGpu }: Running): void {
  const name = backend === 'webgpu' ? 'WebGPU' : 'CPU'
  const adapter = [
    adapterInfo?.vendor,
    adapterInfo?.architecture,
    adapterInfo?.device,
    adapterInfo?.description,
  ]
  const known = adapter.filter(Boolean).join(' ')
  fact('backend', backend, name)
  element('adapter-title').textContent = backend === 'webgpu' ? 'Adapter' : 'Why not WebGPU'
  fact('adapter', '', whyNotGpu ?? (known || 'not named by the browser'))
  const badge = element('badge')
  badge.dataset.backend = backend
  badge.textContent = backend === 'webgpu' ? `${name}${known && ` on ${known}`}` : 'CPU, without WebGPU'
}

/** Says that the GPU is gone, until the next trial says what runs instead. */
export function showLoss(): void {
  const badge = element('badge')
  badge.dataset.backend = 'lost'
  badge.textContent = 'The GPU was lost'
  element('after-note').textContent = 'from before the GPU was lost'
  element('status').textContent = 'The GPU was lost. The page goes on with another, or on the CPU.'
}

/** Gives the pictures alternatives in words. */
export function describePictures({ lit, dropped }: Trial, copies: number): void {
  const what = copies === 1 ? 'The picture' : `${copies} copies of the picture, side by side,`
  const counts = `${number.format(dropped)} of ${number.format(lit.length)} values`
  element('before').ariaLabel = `${what} before dropout`
  element('after').ariaLabel = `${what} after dropout: ${counts} are dropped`
  element('mask').ariaLabel = `The mask, dark where a value is dropped: ${counts}`
}

/** Shows the counts of one trial and how GPU and CPU compare. */
export function showTrial({ backend, lit, flags, kept, dropped, bits }: Trial, { rate }: Options): void {
  const scale = Math.fround(1 / (1 - rate))
  const share = (part: number, of: number) => (of === 0 ? 'none to draw' : percent.format(part / of))
  const droppedOf = `${number.format(dropped)} of ${number.format(lit.length)} values`
  fact('cells', flags.length, number.format(flags.length))
  fact('kept', kept, `${number.format(kept)} (${share(kept, flags.length)})`)
  fact('elements', lit.length, number.format(lit.length))
  fact('dropped', dropped, `${number.format(dropped)} (${share(dropped, lit.length)})`)
  fact('scale', rate === 1 ? 0 : scale, rate === 1 ? 'nothing is kept' : `× ${Number(scale.toPrecision(7))}`)
  const state = bits === undefined ? 'none' : bits.first === undefined ? 'same' : 'different'
  const verdict = {
    none: 'no GPU to compare with',
    same: `identical bits: ${number.format(bits?.same ?? 0)} of ${number.format(bits?.of ?? 0)}`,
    different: `${number.format(bits?.same ?? 0)} of ${number.format(bits?.of ?? 0)} the same. First: ${bits?.first}`,
  }[state]
  fact('bits', state, verdict)
  const on = backend === 'webgpu' ? 'WebGPU' : 'The CPU'
  const cells = `${number.format(flags.length - kept)} of ${number.format(flags.length)} noise cells`
  tell(`${on} dropped ${droppedOf}, ${share(dropped, lit.length)}: ${cells}. GPU and CPU: ${verdict}.`)
}

/** Puts an error beside its field, or, when there is none (`undefined`), clears them all. */
export function showError(error: unknown, hasOlderResult: boolean): void {
  const field = error instanceof FieldError ? error.field : undefined
  const message = error instanceof Error ? plain(error.message) : error === undefined ? '' : String(error)
  for (const name of fieldNames) {
    element(`${name}-error`).textContent = name === field ? message : ''
    element(name).setAttribute('aria-invalid', String(name === field))
  }
  element('run-error').textContent = field ? '' : message
  if (error === undefined) return
  element('after-note').textContent = hasOlderResult ? 'the last good result' : 'no result yet'
  if (field === 'shape' || field === 'noise') element('noise-hint').textContent = ''
  tell(hasOlderResult ? `${message} The last good result stays.` : message)
}

let pending = 0

/** Has a screen reader say a sentence, after a pause: a dragged slider would flood it. */
export function tell(message: string): void {
  clearTimeout(pending)
  pending = window.setTimeout(() => {
    element('status').textContent = message
  }, 500)
}

function fact(id: string, value: string | number, text: string): void {
  const place = element(id)
  place.dataset.value = String(value)
  place.textContent = text
}
