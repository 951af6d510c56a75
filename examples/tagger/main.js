import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { createTagger, EPOCHS, heldOut, isKnown, SAMPLES, tag, train, training } from './tagger.js'

const element = (id) => document.getElementById(id)
const [status] = document.getElementsByTagName('output')
const percent = (share) => `${(100 * share).toFixed(0)}\u00a0%`

/** A word is unsure if its class is less probable than this. */
const SURE = 0.7
const isUnsure = ({ probability }) => probability < SURE

element('size').textContent = training.length
element('samples').textContent = SAMPLES

const adapter = await navigator.gpu?.requestAdapter()
const hasGPU = adapter && !adapter.info.isFallbackAdapter // one in software would be slower than the CPU without it
if (!hasGPU || !(await tf.setBackend('webgpu'))) await tf.setBackend('cpu')

let model
element('training').addEventListener('submit', (event) => {
  event.preventDefault()
  learn()
})
element('reading').addEventListener('submit', (event) => {
  event.preventDefault()
  read()
})
await learn()

/** Trains a new tagger, and reads the sentence. */
async function learn() {
  const focused = document.activeElement
  enable(false)
  const epochs = Array.from({ length: EPOCHS }, (_, epoch) => row([epoch + 1, '…', '…']))
  element('epochs').replaceChildren(...epochs)
  element('words').replaceChildren(...wordsOf(element('sentence').value).map((word) => row([word, '…'])))
  status.textContent = `Training on TensorFlow.js' ${tf.getBackend()} backend …`
  document.querySelector('main').hidden = false
  model?.optimizer.dispose()
  model?.dispose()
  model = createTagger(element('dropped').value)
  await train(model, (epoch, loss, accuracy) => {
    element('epochs').rows[epoch].replaceWith(row([epoch + 1, loss.toFixed(2), percent(accuracy)]))
  })
  status.textContent = `Trained on TensorFlow.js' ${tf.getBackend()} backend. ${await measureDoubt()}`
  await read()
  enable(true)
  focused.focus()
}

/** How often the tagger is right on held-out words of which it is unsure, and on the others. */
async function measureDoubt() {
  const sentences = heldOut.map(({ words }) => words)
  const tagged = (await tag(model, sentences)).flat()
  const classes = heldOut.flatMap((sentence) => sentence.classes)
  const share = (words) => percent(words.filter(({ right }) => right).length / words.length)
  const words = tagged.map((word, i) => ({ unsure: isUnsure(word), right: word.class === classes[i] }))
  const unsure = words.filter((word) => word.unsure)
  const sure = words.filter((word) => !word.unsure)
  return (
    `Of the held-out words, ${percent(unsure.length / words.length)} are unsure: their class has a probability below ` +
    `${percent(SURE)}. ${share(unsure)} of them are tagged right, and ${share(sure)} of the others.`
  )
}

/** Tags the sentence that stands in the page. */
async function read() {
  const words = wordsOf(element('sentence').value)
  if (words.length === 0) return
  const [tagged] = await tag(model, [words])
  element('words').replaceChildren(
    ...tagged.map((word) => {
      const notes = [isUnsure(word) && 'unsure', !isKnown(word.word) && 'unknown'].filter(Boolean)
      const cells = [word.word, word.class, percent(word.probability), word.mutualInformation.toFixed(2)]
      return row([...cells, notes.join(', ')], isUnsure(word) ? 'unsure' : '')
    }),
  )
}

/** The words and marks of a sentence, as the corpus writes them. */
function wordsOf(sentence) {
  const plain = sentence
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll('“', '``')
    .replace(/["”]/g, "''")
    .replace(/[–—]/g, '--')
  return plain.match(/[\p{L}\p{N}]+(?:['.,-][\p{L}\p{N}]+)*|--|``|''|[^\s\p{L}\p{N}]/gu) ?? []
}

/** A row of a table, with a header as its first cell. */
function row([header, ...cells], className = '') {
  const row = document.createElement('tr')
  row.className = className
  row.append(...['th', ...cells.map(() => 'td')].map((name) => document.createElement(name)))
  row.firstChild.scope = 'row'
  for (const [i, text] of [header, ...cells].entries()) row.children[i].textContent = text
  return row
}

function enable(enabled) {
  for (const fieldset of document.querySelectorAll('fieldset')) fieldset.disabled = !enabled
}
