/** Connects the uncertainty page: a digit goes to the network, and the statistics are shown as samples arrive. */

import { mask } from 'noiseshape/cpu'
import type { Prediction } from 'noiseshape/onnx'
import type { Digit } from '../../models/digits/digits.js'
import { element } from '../shared/elements.js'
import { messageOf } from '../shared/message.js'
import { drawDigit } from './draw-digit.js'
import { createSheet } from './drawing.js'
import { addExamples, type Example, examples, markExample, usual } from './examples.js'
import { type Network, openNetwork } from './network.js'
import { classBars, entropyBar } from './plots.js'
import { resample } from './resample.js'
import { entropies, judge } from './verdict.js'

const MAX_SAMPLES = 10_000

const main = element('uncertainty')
const input = { samples: element<HTMLInputElement>('samples'), seed: element<HTMLInputElement>('seed') }

let network: Network | undefined
let digit: Digit | undefined
let running: AbortController | undefined
/** What is shown, to draw it again when the window changes its width. */
let shown: { prediction: Prediction; samples: number } | undefined

async function start(): Promise<void> {
  addExamples(pick)
  element('usual-expected').textContent = usual.expectedEntropy.toFixed(2)
  element('usual-mutual').textContent = usual.mutualInformation.toFixed(2)
  pick(examples[0])
  listen()
  try {
    network = await openNetwork()
  } catch (error) {
    element('verdict').textContent = 'The network could not be loaded.'
    return fail(error)
  }
  const badge = element('badge')
  badge.dataset.backend = network.backend
  badge.textContent = network.backend === 'webgpu' ? network.place : 'CPU, without WebGPU'
  element('why').textContent = network.fallbackReason ?? ''
  element('why-row').hidden = network.fallbackReason === undefined
  refresh()
}

// From digit and settings to result: one run at a time. A change aborts it and starts another after a pause, so that each
// run has something to show while the pen moves.

const PAUSE = 120 // ms

let timer: number | undefined

function refresh(): void {
  if (!digit) return
  main.dataset.state = 'busy'
  timer ??= window.setTimeout(() => {
    timer = undefined
    void run()
  }, PAUSE)
}

async function run(): Promise<void> {
  running?.abort()
  running = undefined
  const settings = readSettings()
  if (!network || !digit || !settings) return
  const mine = new AbortController()
  running = mine
  element('run-error').textContent = ''
  element('code-samples').textContent = String(settings.samples)
  element('code-seed').textContent = String(settings.seed)
  try {
    const prediction = await network.ask(digit, {
      ...settings,
      signal: mine.signal,
      onAnswer: (answer) => show(answer, settings.samples, mine.signal),
    })
    await show(prediction, settings.samples, mine.signal)
    if (running !== mine || timer !== undefined) return
    announce(`${element('verdict').textContent} ${element('progress').textContent}`)
    main.dataset.state = 'ready'
  } catch (error) {
    if (running === mine) fail(error)
  }
}

let shows = 0

/** Shows a prediction, unless a later one has started. The slow plots are made first, so that everything changes at once. */
async function show(prediction: Prediction, samples: number, signal?: AbortSignal): Promise<void> {
  const turn = ++shows
  const plots = await Promise.all([
    classBars(element('classes'), prediction),
    entropyBar(element('entropy'), prediction),
  ])
  if (turn !== shows || signal?.aborted || !network) return
  shown = { prediction, samples }
  const { kind, title, reason } = judge(prediction, usual)
  const { predictive, expected, mutual } = entropies(prediction)
  element('verdict').textContent = title
  element('answer').dataset.kind = kind
  element('reason').textContent = reason
  element('classes').replaceChildren(plots[0])
  element('entropy').replaceChildren(plots[1])
  fact('predictive', predictive)
  fact('expected', expected)
  fact('mutual', mutual)
  element('progress').textContent = `${prediction.samples} of ${samples} samples on ${network.place}`
  element('progress').dataset.done = String(prediction.samples)
}

function fact(id: string, nats: number): void {
  element(id).textContent = `${nats.toFixed(2)} nats`
  element(id).dataset.value = String(nats)
}

function fail(error: unknown): void {
  const message = messageOf(error)
  element('run-error').textContent = message
  main.dataset.state = 'error'
  announce(message)
}

/** The settings, or undefined where one is wrong: its message is then shown beside it. */
function readSettings(): { samples: number; seed: number } | undefined {
  const [samples, seed] = [Number(input.samples.value), Number(input.seed.value)]
  const wrong = {
    samples:
      Number.isInteger(samples) && samples >= 1 && samples <= MAX_SAMPLES
        ? ''
        : `‘${input.samples.value}’: enter a whole number from 1 to ${MAX_SAMPLES}.`,
    seed: input.seed.value.trim() === '' ? 'This is empty: enter a number.' : errorOf(seed),
  }
  for (const [name, message] of Object.entries(wrong)) {
    element(`${name}-error`).textContent = message
    element(name).setAttribute('aria-invalid', String(message !== ''))
  }
  const message = wrong.samples || wrong.seed
  if (!message) return { samples, seed }
  main.dataset.state = 'error'
  announce(message)
  return undefined
}

/** The library's error message for a seed, found by drawing a mask of one cell; empty where there is none. */
function errorOf(seed: number): string {
  try {
    mask({ shape: [1], rate: 0.5, seed })
    return ''
  } catch (error) {
    return messageOf(error)
  }
}

// The digit: an example, or a drawing.

const sheet = createSheet(element('sheet'), (strokes) => {
  markExample(undefined)
  look(resample(strokes))
})

function pick(example: Example): void {
  sheet.clear()
  markExample(example)
  look(example.digit)
}

function look(next: Digit | undefined): void {
  digit = next
  drawDigit(element('seen'), next ?? new Uint8Array(64))
  if (next) refresh()
  else showNothing()
}

function showNothing(): void {
  running?.abort()
  running = undefined
  shown = undefined
  shows++
  for (const id of ['reason', 'progress', 'predictive', 'expected', 'mutual']) element(id).textContent = ''
  for (const id of ['classes', 'entropy']) element(id).replaceChildren()
  element('verdict').textContent = 'Draw a digit, or pick one.'
  element('answer').dataset.kind = 'none'
  main.dataset.state = 'blank'
}

function listen(): void {
  element('clear').addEventListener('click', () => {
    sheet.clear()
    markExample(undefined)
    look(undefined)
  })
  for (const field of Object.values(input)) field.addEventListener('input', () => refresh())
  addEventListener('resize', () => {
    if (shown && main.dataset.state !== 'busy') void show(shown.prediction, shown.samples)
  })
  element('settings').addEventListener('submit', (event) => event.preventDefault())
  element('next').addEventListener('click', () => {
    const seed = Number(input.seed.value)
    if (Number.isSafeInteger(seed + 1)) input.seed.value = String(seed + 1) // anything else has its message beside the field
    refresh()
  })
}

/** Has a screen reader say a message. */
function announce(message: string): void {
  element('status').textContent = message
}

void start()
