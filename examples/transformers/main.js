import { classify, open, SAMPLES } from './classifier.js'

const element = (id) => document.getElementById(id)
const [form] = document.forms
const [status] = document.getElementsByTagName('output')
const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`

/** Above this, the samples contradict each other. The most that two classes can have is ln 2 = 0.69. */
const CONTRADICTION = 0.05

element('samples').textContent = SAMPLES

let session = await openIn('all')
form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (event.submitter?.value) element('text').value = event.submitter.value // a sentence of the list
  read()
})
element('where').addEventListener('change', async ({ target }) => {
  enable(false)
  await session.release()
  session = await openIn(target.value)
  await read()
  target.focus()
})
await read()

/** Opens the model with dropout there, and says where that is. */
async function openIn(where) {
  const session = await open(where)
  const { points, split, executionProvider } = session
  const { trunkNodes, tailNodes } = split
  const once = trunkNodes === 0 ? 'all of it' : `${trunkNodes} nodes once, ${tailNodes} nodes`
  element('split').textContent =
    `ONNX Runtime runs the model on ${executionProvider}: ${once} for each sample.`
  element('points').replaceChildren(
    ...points.map(({ kind, rate, tensor }) => {
      const row = document.createElement('tr')
      for (const text of [kind, rate, tensor]) row.insertCell().textContent = text
      return row
    }),
  )
  return session
}

/** Reads the sentence that stands in the page. */
async function read() {
  const focused = document.activeElement
  enable(false)
  const { mean, mutualInformation, positive, pieces } = await classify(session, element('text').value)
  const [label, probability] = mean < 0.5 ? ['Negative', 1 - mean] : ['Positive', mean]
  const agreement = mutualInformation > CONTRADICTION ? 'contradict each other' : 'agree'
  status.textContent =
    `${label}, with a mean probability of ${percent(probability)}. The samples ${agreement}: their mutual information ` +
    `is ${mutualInformation.toFixed(3)} nats.`
  showDots(positive)
  element('pieces').textContent = pieces.join(' ')
  enable(true)
  focused.focus()
}

function showDots(positive) {
  const svg = element('dots')
  svg.replaceChildren(
    ...positive.map((probability, i) => {
      const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle')
      const height = (i * 0.618034) % 1 // multiples of the golden ratio lie far from each other
      const at = { cx: `${100 * probability}%`, cy: `${10 + 80 * height}%`, r: 5 }
      for (const [name, value] of Object.entries(at)) dot.setAttribute(name, value)
      return dot
    }),
  )
  const count = positive.filter((probability) => probability >= 0.5).length
  svg.setAttribute('aria-label', `${count} of ${positive.length} samples find it positive`)
}

function enable(enabled) {
  for (const fieldset of document.querySelectorAll('fieldset')) fieldset.disabled = !enabled
}
