/** Brings the Learn page to life: the same tables that its HTML has, with coins that can be tossed and turned. */

import { onStateChange, readState, writeState } from '../shared/address.js'
import { element } from '../shared/elements.js'
import { runAlike } from './alike.js'
import { asMarkdown, callsFor, inNumbers, patternName } from './calls.js'
import { runFlips } from './flips.js'
import { runHeal } from './heal-picture.js'
import { runMaps } from './maps.js'
import { runQuiz } from './quiz.js'
import { ShapeError, write } from './shapes.js'
import { sentences } from './start.js'
import { fromAddress, readRate, readShapes, readWhole, START, sizesOf, toAddress } from './state.js'
import { callsHtml, layersText, zerosText } from './texts.js'
import { createToy, type Toy, type ToyState } from './toy.js'
import { runTrain } from './train/train.js'

if (new URLSearchParams(location.search).get('embed') === '1') document.documentElement.dataset.embed = ''

// The toy at the top: its state is in the address, beside the answers of the quiz.

const fields = ['shape', 'noise', 'rate', 'seed'] as const
const field = (name: string) => element<HTMLInputElement>(`hero-${name}`)
const asText = ({ shapes, rate, seed }: ToyState) => ({
  shape: write(sizesOf(shapes)),
  noise: write(shapes.noise),
  rate: String(rate),
  seed: String(seed),
})

let quiz = readState().quiz
let touched = location.hash !== ''
/** What the address says, if it is wrong: it stays there and in the fields until the reader changes something. */
let wrong: Record<string, string> | undefined

const toy = createToy('hero', stateInAddress() ?? START, scaled, (shown) => {
  element('hero-numbers').textContent = inNumbers(shown.state.shapes, shown.known.coins, shown.known.each)
  element('hero-layers').textContent = layersText(shown.state)
  element('hero-zeros').textContent = zerosText(shown)
  for (const [name, text] of Object.entries(asText(shown.state))) {
    if (document.activeElement !== field(name)) field(name).value = wrong?.[name] ?? text
  }
  if (!wrong) {
    showWrong(undefined)
    if (touched) writeState({ ...toAddress(shown.state), quiz })
  }
  wrong = undefined
  touched = true
})

/** The state in the address, or undefined, with the reason beside the field that is wrong. */
function stateInAddress(): ToyState | undefined {
  try {
    return fromAddress(readState())
  } catch (error) {
    wrong = readState()
    showWrong(error)
    return undefined
  }
}

function readTyped(): void {
  try {
    const shapes = readShapes(field('shape').value, field('noise').value)
    toy.change({ shapes, rate: readRate(field('rate').value), seed: readWhole(field('seed').value), step: 0 })
  } catch (error) {
    showWrong(error)
  }
}

function showWrong(error: unknown): void {
  if (error !== undefined && !(error instanceof ShapeError)) throw error
  for (const name of fields) field(name).setAttribute('aria-invalid', String(error?.field === name))
  element('hero-error').textContent = error?.message ?? ''
  if (error) element<HTMLDetailsElement>('hero-own').open = true
}

for (const name of fields) field(name).addEventListener('input', readTyped)
element('hero-flip').addEventListener('click', () => toy.change({ step: toy.state.step + 1 }))
element('hero-copy-link').addEventListener('click', () => copy('hero-copy-link', link()))
element('hero-copy-markdown').addEventListener('click', () => {
  const { shapes, rate, seed } = toy.state
  const sentence = inNumbers(shapes, toy.known.coins, toy.known.each)
  void copy('hero-copy-markdown', asMarkdown(shapes, { rate, seed }, sentence, link()))
})
onStateChange(({ quiz: answers }) => {
  const state = stateInAddress()
  if (!state) {
    for (const name of fields) field(name).value = wrong?.[name] ?? field(name).value
    wrong = undefined
    return
  }
  if (answers !== undefined) showQuiz(answers)
  quiz = answers ?? quiz
  toy.change(state)
})
// They change the toy, which is far above them.
for (const link of document.querySelectorAll('main a[href^="#shape="]')) {
  link.addEventListener('click', () => element('title').scrollIntoView())
}

function link(): string {
  writeState({ ...toAddress(toy.state), quiz })
  return location.href
}

// A sentence, and the same call in each framework.

const sentence = createToy('sentence', { ...START, shapes: sentences }, scaled, ({ state, known }: Toy) => {
  const { shapes, rate, seed } = state
  element('sentence-name').textContent = patternName(shapes) ?? 'no layer of its own'
  element('sentence-numbers').textContent = inNumbers(shapes, known.coins, known.each)
  element('calls').innerHTML = callsHtml(callsFor(shapes, { rate, seed }))
  for (const choice of document.querySelectorAll<HTMLInputElement>('[name=sentence-pattern]')) {
    choice.checked = choice.value === shapes.noise.join()
  }
})
element('sentence-flip').addEventListener('click', () => sentence.change({ step: sentence.state.step + 1 }))
element('sentence-patterns').addEventListener('change', ({ target }) => {
  const noise = (target as HTMLInputElement).value.split(',').map(Number)
  sentence.change({ shapes: { ...sentences, noise } })
})
element('calls').addEventListener('click', ({ target }) => {
  const button = (target as HTMLElement).closest('button')
  if (button) void copy(button.id, document.querySelector(`#${button.id}-code`)?.textContent ?? '')
})

// The rest of the page, a part at a time, so that none keeps the reader's first click waiting.

for (const run of [runFlips, runMaps, runAlike, runHeal, runTrain]) {
  await idle()
  try {
    await run()
  } catch (error) {
    reportError(error) // the other parts work without it
  }
}
await idle()
const showQuiz = runQuiz((answers) => {
  quiz = answers
  writeState({ ...toAddress(toy.state), quiz })
})
showQuiz(quiz ?? '')
element('quiz-share').addEventListener('click', () => copy('quiz-share', link()))
element('learn').dataset.state = 'ready'

/** Resolves when the browser has nothing more urgent to do; Safari does not say when that is. */
function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(resolve)
    else setTimeout(resolve)
  })
}

/** Each value is 1 before dropout, so what is kept shows the scale. */
function scaled(_: number, { rate }: ToyState): string {
  return String(Number((1 / (1 - rate)).toPrecision(3)))
}

/** What copy buttons say before they are pressed. */
const labels = new Map<string, ChildNode[]>()

async function copy(button: string, text: string): Promise<void> {
  const place = element(button)
  const before = labels.get(button) ?? [...place.childNodes]
  labels.set(button, before)
  try {
    await navigator.clipboard.writeText(text)
    place.textContent = 'Copied'
  } catch {
    place.textContent = 'The browser does not allow copying'
  }
  setTimeout(() => {
    place.replaceChildren(...before)
  }, 2000)
}
