/** Connects the picture page: settings go to the library, results to the page. */

import { onStateChange, readState, writeState } from '../shared/address.js'
import pagoda from '../shared/assets/pagoda.jpg'
import { element } from '../shared/elements.js'
import { drawSheet, frameHeight } from './draw.js'
import { createRunner } from './engine.js'
import { type Field, fieldNames, formatShape, readFields } from './fields.js'
import { receivePictures } from './incoming.js'
import { CUSTOM, type Pattern, patterns } from './patterns.js'
import { type Picture, readAddress, readPicture, type Sheet, toTensor } from './picture.js'
import { describePictures, showBackend, showError, showLoss, showTrial, tell } from './report.js'
import { writeSnippet } from './snippet.js'
import { fromAddress, toAddress } from './state.js'
import { runTrial } from './trial.js'

const TYPING_PAUSE = 120 // ms: long enough for a second digit, short enough to feel live
const ADDRESS_PAUSE = 300 // ms: browsers refuse hundreds of addresses in a short time, as a slider would write

const demo = element('demo')
const input = Object.fromEntries(fieldNames.map((name) => [name, element(name)])) as Record<
  Field,
  HTMLInputElement
>
const slider = element<HTMLInputElement>('rate-slider')
const scaled = element<HTMLInputElement>('scaled')

/** The pattern whose tensor is shown. With `custom`, the shapes in the fields are the user's own. */
let pattern: Pattern = patterns[0]
let custom = false
let picture: Picture | undefined
let sheet: Sheet | undefined

const runner = createRunner(() => {
  if (demo.dataset.result === 'current') demo.dataset.result = 'old'
  showLoss()
  refresh()
})

// From settings to result: one trial at a time. A change in the meantime starts one more, with the latest settings.

let running = false
let again = false
let timer = 0

function refresh(delay = 0): void {
  if (!sheet) return // refreshed once the picture is loaded
  demo.dataset.state = 'busy'
  clearTimeout(timer)
  timer = window.setTimeout(update, delay)
}

async function update(): Promise<void> {
  timer = 0
  again = running
  if (running) return
  running = true
  let error: unknown
  do {
    again = false
    error = await show().catch((thrown) => thrown)
  } while (again)
  running = false
  if (error !== undefined && demo.dataset.result === 'current') demo.dataset.result = 'old'
  showError(error, demo.dataset.result === 'old')
  if (timer === 0) demo.dataset.state = error ? 'error' : 'ready'
}

let draw = (): void => {}

/** Runs the settings and shows the result. Everything that can throw comes before drawing, so the last good result stays. */
async function show(): Promise<void> {
  const shown = sheet
  if (!shown) return
  const layer = custom ? CUSTOM.layer : pattern.layer
  if (demo.dataset.result === undefined) drawSheet(element('before'), shown, shown.values, 1) // needs no settings
  const withScale = scaled.checked
  const options = readFields(typed(), shown.values)
  const { on, trial } = await runner.run(async (on) => ({
    on,
    trial: await runTrial(on.engine, shown.values, layer, options),
  }))
  draw = () => {
    drawSheet(element('before'), shown, shown.values, 1)
    drawSheet(element('after'), shown, trial.result, withScale ? 1 : 1 - options.rate)
    drawSheet(element('mask'), shown, trial.lit, 1)
  }
  draw()
  const { copies } = shown.layout
  element('before-note').textContent =
    `${copies > 1 ? `${copies} × ` : ''}${shown.width} × ${shown.height} px`
  element('after-note').textContent = withScale
    ? 'with the scale, clipped at white'
    : 'shown without the scale'
  element('noise-hint').textContent = `resolves to ${formatShape(options.cellShape)}`
  element('code').textContent = writeSnippet(layer, options, shown.layout)
  describePictures(trial, copies)
  showBackend(on)
  showTrial(trial, options)
  demo.dataset.result = 'current'
}

function typed(): Record<Field, string> {
  return Object.fromEntries(fieldNames.map((name) => [name, input[name].value])) as Record<Field, string>
}

// Patterns

function addChips(): void {
  for (const { id, label } of [...patterns, CUSTOM]) {
    const radio = Object.assign(document.createElement('input'), {
      type: 'radio',
      name: 'pattern',
      value: id,
    })
    radio.addEventListener('change', () => choose(id))
    const chip = document.createElement('label')
    chip.append(radio, Object.assign(document.createElement('span'), { textContent: label }))
    element('patterns').append(chip)
  }
}

/** Applies a pattern's tensor and shapes. Custom keeps those of the pattern before it. */
function choose(id: string): void {
  const found = patterns.find((each) => each.id === id)
  custom = found === undefined
  if (found) pattern = found
  if (found) makeTensor()
  element('pattern-error').textContent = ''
  markPattern()
  changed(found ? 0 : TYPING_PAUSE)
}

/** Lays the picture out for the pattern, and fills in its shapes where they are not the user's own. */
function makeTensor(): void {
  if (!picture) return
  sheet = toTensor(picture, pattern.layout)
  if (!custom || input.shape.value === '') input.shape.value = formatShape(pattern.shape(sheet))
  if (!custom) input.noise.value = formatShape(pattern.noiseShape(sheet))
}

function markPattern(): void {
  const { id, about } = custom ? CUSTOM : pattern
  markRadio(id)
  element('about').textContent = about
}

function markRadio(id: string | undefined): void {
  element('patterns')
    .querySelectorAll('input')
    .forEach((radio) => {
      radio.checked = radio.value === id
    })
}

// The address: it says what the settings are once one has been changed, and may be written by hand.

let writing = 0

function changed(delay = 0): void {
  clearTimeout(writing)
  writing = window.setTimeout(keepState, ADDRESS_PAUSE)
  refresh(delay)
}

function keepState(): void {
  clearTimeout(writing)
  writing = 0
  const { shape, noise, ...numbers } = typed()
  const text = custom ? { shape, noise, ...numbers } : numbers
  writeState(toAddress({ pattern: pattern.id, text, scaled: scaled.checked }))
}

function takeState(): void {
  const state = fromAddress(readState())
  const found = patterns.find(({ id }) => id === state.pattern)
  pattern = found ?? patterns[0]
  custom = state.pattern === CUSTOM.id || state.text.shape !== undefined || state.text.noise !== undefined
  for (const name of fieldNames) input[name].value = state.text[name] ?? input[name].defaultValue
  slider.value = input.rate.value
  scaled.checked = state.scaled
  markPattern()
  const unknown = found === undefined && state.pattern !== undefined && state.pattern !== CUSTOM.id
  element('pattern-error').textContent = unknown
    ? `‘${state.pattern}’ in the address is none of these patterns: pick one.`
    : ''
  if (unknown) markRadio(undefined) // so that any can be picked
  makeTensor()
  refresh()
}

// Pictures

function takePicture(next: Picture): void {
  const own = next.name !== pagoda
  const first = picture === undefined
  if (!first) custom = false // custom shapes belonged to the picture before
  picture = next
  demo.style.setProperty('--frame-height', String(frameHeight(next)))
  element('credit').hidden = own
  element('own').hidden = !own
  element('own-name').textContent = `${next.name}, ${next.original.width} × ${next.original.height} px.`
  element('picture-error').textContent = ''
  makeTensor()
  if (first) {
    refresh()
    return
  }
  markPattern()
  changed()
}

let latestPicture = 0

/** Reads a picture and takes it, unless another was chosen meanwhile; the one before stays when it cannot be read. */
async function open(read: Promise<Picture>): Promise<void> {
  const turn = ++latestPicture
  try {
    const next = await read
    if (turn === latestPicture) takePicture(next)
  } catch (error) {
    if (turn !== latestPicture) return
    const message = error instanceof Error ? error.message : String(error)
    element('picture-error').textContent = message
    tell(message)
  }
}

// Controls

function listen(): void {
  receivePictures(element('file'), (file) => open(readPicture(file, file.name || 'pasted picture')))
  element('back').addEventListener('click', () => open(readAddress(pagoda, pagoda)))
  for (const name of ['shape', 'noise'] as const)
    input[name].addEventListener('input', () => choose(CUSTOM.id))
  for (const name of ['seed', 'stream', 'step'] as const) {
    input[name].addEventListener('input', () => changed(TYPING_PAUSE))
  }
  slider.addEventListener('input', () => {
    input.rate.value = slider.value
    changed()
  })
  input.rate.addEventListener('input', () => {
    slider.value = input.rate.value
    changed(TYPING_PAUSE)
  })
  scaled.addEventListener('change', () => changed())
  element('settings').addEventListener('submit', (event) => event.preventDefault())
  element('next').addEventListener('click', () => {
    const step = input.step.value.trim()
    if (/^\d+$/.test(step)) input.step.value = String(BigInt(step) + 1n) // anything else has its message beside the field
    changed()
  })
  element('copy').addEventListener('click', copyCode)
  onStateChange(takeState)
  addEventListener('pagehide', () => {
    if (writing) keepState()
  })
  for (const id of ['before', 'after', 'mask']) {
    element(id).addEventListener('contextrestored', () => draw()) // a lost canvas comes back empty
  }
}

async function copyCode(): Promise<void> {
  const button = element('copy')
  try {
    await navigator.clipboard.writeText(element('code').textContent ?? '')
    button.textContent = 'Copied'
    tell('The code is copied.')
  } catch {
    getSelection()?.selectAllChildren(element('code')) // the browser refused: the user has to press a key
    button.textContent = 'Selected'
    tell('The browser does not allow copying. The code is selected: press Ctrl+C or Cmd+C.')
  }
  setTimeout(() => {
    button.textContent = 'Copy'
  }, 2000)
}

addChips()
takeState()
listen()
void open(readAddress(pagoda, pagoda))
