/** Connects the uncertainty page: an image goes to a runner, and its samples are shown as they arrive. */

import type { Prediction } from 'noiseshape/monte-carlo'
import { type Digit, SIDE, toInput } from '../../models/digits/digits.js'
import { CLASSES, featureMaps, readWeights, type Weights } from '../../models/digits/forward.js'
import weightsFile from '../../models/digits/tfjs/weights.bin?url'
import { onStateChange, readState } from '../shared/address.js'
import { element } from '../shared/elements.js'
import { messageOf, plain } from '../shared/message.js'
import { createAnswers, MOST_DOTS } from './answers.js'
import { drawDigit } from './draw-digit.js'
import { createSheet } from './drawing.js'
import { addExamples, drawExamples, type Example, markExample, usual } from './examples.js'
import { load } from './load.js'
import { resample } from './resample.js'
import { openRunner, type Place, type Report, type Runner, type RunnerName } from './runner.js'
import { addSample, drawMaps, showSample } from './sample.js'
import {
  applyAddress,
  chooseRunner,
  chosenRunner,
  input,
  readSettings,
  runnerRadios,
  type Settings,
  writeAddress,
} from './settings.js'
import { entropies, judge } from './verdict.js'

const main = element('uncertainty')
const answers = createAnswers(element('answers'), pointAt)

let example: Example | undefined
let digit: Digit | undefined
/** For the feature maps: the runners have weights of their own. */
let weights: Weights | undefined
let runner: Runner | undefined
/** Undefined until the runner is open. */
let place: Place | undefined

function start(): void {
  addExamples(pick)
  addSample()
  element('newest').textContent = `Dots: the newest ${MOST_DOTS}.`
  element('usual-expected').textContent = usual.expectedEntropy.toFixed(2)
  element('usual-mutual').textContent = usual.mutualInformation.toFixed(2)
  listen()
  use(applyImage(readState()))
  load(weightsFile).then(
    (bytes) => {
      weights = readWeights(bytes)
      drawFeatureMaps()
    },
    (error) => fail(messageOf(error)),
  )
}

// The runner: a worker that is asked one question at a time. A later question, or another runner, ends the one before.

/** Opens a runner in place of the one before. */
function use(name: RunnerName): void {
  runner?.close()
  place = undefined
  element('badge').textContent = name === 'own' ? 'CPU' : 'Loading ONNX Runtime Web …'
  element('badge').removeAttribute('data-backend')
  if (name === 'onnx') element('progress').textContent = 'Loading ONNX Runtime Web …'
  document.querySelectorAll<HTMLElement>('[data-runner]').forEach((snippet) => {
    snippet.hidden = snippet.dataset.runner !== name
  })
  runner = openRunner(name, hear)
  refresh()
}

function hear(report: Report): void {
  if (report.kind === 'opened') {
    place = report.place
    showPlace(place)
    if (digit) refresh()
    else tell('')
  } else if (report.kind === 'answer') {
    if (report.id === question) show(report)
  } else if (report.kind === 'lost') {
    goOnAfterLoss(report.reason)
  } else if (report.id === undefined) {
    failToOpen(report.message)
  } else if (report.id === question && timer === undefined) {
    fail(report.message)
  }
}

function showPlace({ backend, device, whyNotGpu }: Place): void {
  const badge = element('badge')
  badge.dataset.backend = backend
  badge.textContent = device.replace('the ', '')
  element('why').textContent = whyNotGpu ?? ''
  element('why-row').hidden = whyNotGpu === undefined
}

/** A new session takes a GPU if there is one again, and the CPU otherwise. */
function goOnAfterLoss(reason: string): void {
  use('onnx')
  const message = `The GPU was lost (${plain(reason)}). ONNX Runtime Web starts again …`
  tell(message)
  announce(message)
}

function failToOpen(message: string): void {
  if (chosenRunner() === 'own') {
    element('verdict').textContent = 'The network could not be loaded.'
    fail(message)
    return
  }
  const error = `ONNX Runtime Web could not be opened, so this page's own forward pass runs. ${plain(message)}`
  element('runner-error').textContent = error
  announce(error)
  chooseRunner('own')
  writeAddress(example, digit)
  use('own')
}

// From image and settings to result.

const PAUSE = 60 // ms: while the pen moves, each question has this long to show something before the next

let timer: number | undefined
/** The id of the latest question. */
let question = 0
let asked: Settings | undefined
/** The question whose answer is shown; undefined if none is. */
let shown: { id: number; settings: Settings } | undefined

/** Asks anew after a pause. Until its answer comes, what is shown is out of date. */
function refresh(): void {
  if (!digit) return
  main.dataset.state = 'busy'
  main.toggleAttribute('data-stale', shown !== undefined)
  timer ??= window.setTimeout(() => {
    timer = undefined
    ask()
  }, PAUSE)
}

function ask(): void {
  if (!digit) return
  question++
  const settings = readSettings()
  if ('wrong' in settings) {
    main.dataset.state = 'error'
    announce(settings.wrong)
  } else if (runner && place) {
    element('run-error').textContent = ''
    element('code-samples').textContent = element('code-onnx-samples').textContent = String(settings.samples)
    element('code-seed').textContent = element('code-onnx-seed').textContent = String(settings.seed)
    asked = settings
    runner.ask({ id: question, image: toInput([digit]), ...settings })
  }
}

function show({ id, fresh, prediction, last }: Extract<Report, { kind: 'answer' }>): void {
  if (!asked || !place) return
  if (shown?.id !== id) answers.clear()
  shown = { id, settings: asked }
  answers.add(fresh, prediction)
  const { kind, title, reason } = judge(prediction, usual)
  element('verdict').textContent = title
  element('answer').dataset.kind = kind
  element('reason').textContent = reason
  showEntropies(prediction)
  showChosen()
  tell(`${prediction.samples} of ${asked.samples} samples with ${place.name} on ${place.device}`)
  element('progress').dataset.done = String(prediction.samples)
  element('newest').hidden = prediction.samples <= MOST_DOTS
  if (timer !== undefined) return // it is of an image or of settings that have changed
  main.removeAttribute('data-stale')
  if (!last) return
  const said = [
    title,
    `${element('progress').textContent}.`,
    countsInWords(),
    element('sample-text').textContent,
  ]
  announce(said.join(' '))
  main.dataset.state = 'ready'
}

function showEntropies(prediction: Prediction): void {
  const facts = entropies(prediction)
  for (const [id, nats] of Object.entries(facts)) {
    element(id).textContent = `${nats.toFixed(2)} nats`
    element(id).dataset.value = String(nats)
  }
  const share = (nats: number) => `${(100 * nats) / Math.log(CLASSES)}%`
  element('expected-bar').style.width = share(facts.expected)
  element('mutual-bar').style.width = share(facts.mutual)
}

/** "Answers: 3: 57, 8: 43." */
function countsInWords(): string {
  const counts = new Map<number, number>()
  for (const { digit } of answers.all) counts.set(digit, (counts.get(digit) ?? 0) + 1)
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([digit, count]) => `${digit}: ${count}`)
  return `Answers: ${parts.join(', ')}.`
}

function fail(message: string): void {
  element('run-error').textContent = plain(message)
  main.dataset.state = 'error'
  announce(plain(message))
}

// One sample: the newest, until the reader points at another.

let pointed: number | undefined

function pointAt(sample: number): void {
  pointed = sample
  showChosen()
}

function showChosen(): void {
  const { all } = answers
  const slider = element<HTMLInputElement>('sample')
  slider.max = String(Math.max(1, all.length))
  const sample = Math.min(pointed ?? all.length, all.length - 1)
  if (shown && sample >= 0) {
    answers.choose(sample)
    showSample({ sample, seed: shown.settings.seed, answer: all[sample] })
  } else {
    showSample(undefined)
  }
}

// The image: an example, or a drawing.

const BLANK: Digit = new Uint8Array(SIDE * SIDE)

const sheet = createSheet(element('sheet'), {
  onChange(strokes) {
    markExample(undefined)
    example = undefined
    look(resample(strokes))
  },
  onEnd: () => writeAddress(example, digit),
})

function pick(next: Example): void {
  sheet.clear()
  markExample(next)
  example = next
  look(next.digit)
}

/** Shows the image that an address names. Returns the runner that it names. */
function applyImage(state: Readonly<Record<string, string>>): RunnerName {
  const image = applyAddress(state)
  if (image && 'digit' in image) {
    pick(image)
  } else {
    sheet.clear()
    markExample(undefined)
    example = undefined
    look(image)
  }
  return chosenRunner()
}

function look(next: Digit | undefined): void {
  digit = next
  const seen = element<HTMLCanvasElement>('seen')
  drawDigit(seen, next ?? BLANK)
  seen.ariaLabel = `What the network sees: ${example?.name ?? (next ? 'your drawing' : 'nothing')}`
  drawFeatureMaps()
  if (next) refresh()
  else showNothing()
}

function drawFeatureMaps(): void {
  if (weights) drawMaps(featureMaps(weights, toInput([digit ?? BLANK])))
}

function showNothing(): void {
  question++ // no answer is awaited
  shown = undefined
  answers.clear()
  showChosen()
  for (const id of ['reason', 'predictive', 'expected', 'mutual']) element(id).textContent = ''
  for (const id of ['expected-bar', 'mutual-bar']) element(id).style.width = '0'
  element('verdict').textContent = 'Draw a digit, or pick one.'
  element('answer').dataset.kind = 'none'
  tell('')
  main.removeAttribute('data-stale')
  main.dataset.state = 'blank'
}

function listen(): void {
  const changed = () => {
    refresh()
    writeAddress(example, digit)
  }
  element('tiles').addEventListener('change', () => writeAddress(example, digit))
  element('clear').addEventListener('click', () => {
    sheet.clear()
    markExample(undefined)
    example = undefined
    look(undefined)
    writeAddress(example, digit)
  })
  for (const field of Object.values(input)) field.addEventListener('input', changed)
  for (const radio of runnerRadios()) {
    radio.addEventListener('change', () => {
      element('runner-error').textContent = ''
      writeAddress(example, digit)
      use(chosenRunner())
    })
  }
  element('settings').addEventListener('submit', (event) => event.preventDefault())
  element('next').addEventListener('click', () => {
    const seed = Number(input.seed.value)
    if (Number.isSafeInteger(seed + 1)) input.seed.value = String(seed + 1) // anything else has its message beside the field
    changed()
  })
  element<HTMLInputElement>('sample').addEventListener('input', ({ target }) => {
    pointAt(Number((target as HTMLInputElement).value) - 1)
  })
  onStateChange((state) => {
    const before = chosenRunner()
    const name = applyImage(state)
    if (name !== before) use(name)
  })
  // After a crash of the GPU process the browser may have emptied a canvas.
  document.addEventListener('contextrestored', redraw, true)
}

function redraw(): void {
  sheet.redraw()
  drawExamples()
  drawDigit(element('seen'), digit ?? BLANK)
  drawFeatureMaps()
}

/** What is being done, or has been. */
function tell(message: string): void {
  element('progress').textContent = message
}

/** Has a screen reader say a message. */
function announce(message: string): void {
  element('status').textContent = message
}

start()
