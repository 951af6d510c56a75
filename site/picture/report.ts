/** Texts of the page: backend, counts, agreement of GPU and CPU, and errors in the settings. */

import type { Engine } from 'noiseshape'
import { element } from '../shared/elements.js'
import { plain } from '../shared/message.js'
import { FieldError, fieldNames, type Options, size } from './fields.js'
import type { Trial } from './trial.js'

const number = new Intl.NumberFormat('en')
const percent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
})

/** Shows which backend runs, on which adapter, or why there is no GPU. */
export function showBackend({ backend, adapterInfo, fallbackReason }: Engine): void {
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
  fact(
    'adapter',
    '',
    backend === 'webgpu' ? known || 'not named by the browser' : plain(fallbackReason ?? 'no reason given'),
  )
  const badge = element('badge')
  badge.dataset.backend = backend
  badge.textContent = backend === 'webgpu' ? `${name}${known && ` on ${known}`}` : 'CPU, without WebGPU'
}

/** Shows the counts of one trial and how GPU and CPU compare. */
export function showTrial({ backend, result, flags, kept, zeros, bits }: Trial, options: Options): void {
  const { rate } = options
  const scale = Math.fround(1 / (1 - rate))
  const share = flags.length === 0 ? 'none to draw' : percent.format(kept / flags.length)
  fact('cells', flags.length, number.format(flags.length))
  fact('kept', kept, `${number.format(kept)} (${share})`)
  fact('elements', size(options.shape), number.format(result.length))
  fact('zeros', zeros, number.format(zeros))
  fact('scale', rate === 1 ? 0 : scale, rate === 1 ? 'nothing is kept' : `× ${Number(scale.toPrecision(7))}`)
  const state = bits === undefined ? 'none' : bits.first === undefined ? 'same' : 'different'
  const verdict = {
    none: 'no GPU to compare with',
    same: `identical bits: ${number.format(bits?.same ?? 0)} of ${number.format(bits?.of ?? 0)}`,
    different: `${number.format(bits?.same ?? 0)} of ${number.format(bits?.of ?? 0)} the same. First: ${bits?.first}`,
  }[state]
  fact('bits', state, verdict)
  const on = backend === 'webgpu' ? 'WebGPU' : 'The CPU'
  tell(
    `${on} kept ${number.format(kept)} of ${number.format(flags.length)} noise cells, ${share}. GPU and CPU: ${verdict}.`,
  )
}

/** Puts an error beside its field, or, when there is none (`undefined`), clears them all. */
export function showError(error: unknown): void {
  const field = error instanceof FieldError ? error.field : undefined
  const message = error instanceof Error ? plain(error.message) : error === undefined ? '' : String(error)
  for (const name of fieldNames) {
    element(`${name}-error`).textContent = name === field ? message : ''
    element(name).setAttribute('aria-invalid', String(name === field))
  }
  element('run-error').textContent = field ? '' : message
  if (error === undefined) return
  element('after-note').textContent = 'the last good result'
  if (field === 'shape' || field === 'noise') element('noise-hint').textContent = ''
  tell(`${message} The last good result stays.`)
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
