/** Connects the picture page: settings go to the library, results to the page. */

import { createEngine } from 'noiseshape'
import pagoda from '../shared/assets/pagoda.jpg'
import { element } from '../shared/elements.js'
import { drawSheet, frameHeight } from './draw.js'
import { type Field, fieldNames, formatShape, readFields } from './fields.js'
import { receivePictures } from './incoming.js'
import { CUSTOM, type Pattern, patterns } from './patterns.js'
import { type Picture, readAddress, readPicture, type Sheet, toTensor } from './picture.js'
import { showBackend, showError, showTrial, tell } from './report.js'
import { writeSnippet } from './snippet.js'
import { runTrial, spread } from './trial.js'

const TYPING_PAUSE = 120 // ms: long enough for a second digit, short enough to feel live

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

// The page shows the GPU path, so it accepts a software adapter too, which 'auto' would skip for the CPU.
const engine = createEngine({ backend: 'webgpu' }).catch(() => createEngine())

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
  showError(error)
  if (timer === 0) demo.dataset.state = error ? 'error' : 'ready'
}

/** Runs the settings and shows the result. Everything that can throw comes before drawing, so the last good result stays. */
async function show(): Promise<void> {
  const on = await engine
  const shown = sheet
  if (!shown) return
  const layer = custom ? CUSTOM.layer : pattern.layer
  const text = Object.fromEntries(fieldNames.map((name) => [name, input[name].value])) as Record<
    Field,
    string
  >
  const options = readFields(text, shown.values)
  const trial = await runTrial(on, shown.values, layer, options)
  drawSheet(element('before'), shown, shown.values, 1)
  drawSheet(element('after'), shown, trial.result, scaled.checked ? 1 : 1 - options.rate)
  drawSheet(element('mask'), shown, spread(trial.flags, options.shape, options.cellShape), 1)
  const { copies } = shown.layout
  element('before-note').textContent =
    `${copies > 1 ? `${copies} × ` : ''}${shown.width} × ${shown.height} px`
  element('after-note').textContent = scaled.checked
    ? 'with the scale, clipped at white'
    : 'shown without the scale'
  element('noise-hint').textContent = `resolves to ${formatShape(options.cellShape)}`
  element('code').textContent = writeSnippet(layer, options, shown.layout)
  showBackend(on)
  showTrial(trial, options)
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
  if (found && picture) {
    sheet = toTensor(picture, found.layout)
    input.shape.value = formatShape(found.shape(sheet))
    input.noise.value = formatShape(found.noiseShape(sheet))
  }
  element('patterns')
    .querySelectorAll('input')
    .forEach((radio) => {
      radio.checked = radio.value === id
    })
  element('about').textContent = (found ?? CUSTOM).about
  refresh(found ? 0 : TYPING_PAUSE)
}

// Pictures

function takePicture(next: Picture): void {
  const own = next.name !== pagoda
  picture = next
  demo.style.setProperty('--frame-height', String(frameHeight(next)))
  element('credit').hidden = own
  element('own').hidden = !own
  element('own-name').textContent = `${next.name}, ${next.original.width} × ${next.original.height} px.`
  element('picture-error').textContent = ''
  choose(pattern.id) // custom shapes belonged to the previous picture
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
    input[name].addEventListener('input', () => refresh(TYPING_PAUSE))
  }
  slider.addEventListener('input', () => {
    input.rate.value = slider.value
    refresh()
  })
  input.rate.addEventListener('input', () => {
    slider.value = input.rate.value
    refresh(TYPING_PAUSE)
  })
  scaled.addEventListener('change', () => refresh())
  element('settings').addEventListener('submit', (event) => event.preventDefault())
  element('next').addEventListener('click', () => {
    const step = input.step.value.trim()
    if (/^\d+$/.test(step)) input.step.value = String(BigInt(step) + 1n) // anything else has its message beside the field
    refresh()
  })
  element('copy').addEventListener('click', copyCode)
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
choose(pattern.id)
listen()
void open(readAddress(pagoda, pagoda))
