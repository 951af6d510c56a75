/** Connects the benchmark page: which results are shown, what is measured, and what is kept of it. */

import { type Opened, openDevice } from '../../bench/device.js'
import { describeMachine, type Selection } from '../../bench/in-browser.js'
import { adapterName, type Machine, type Report } from '../../bench/report.js'
import { onStateChange, readState, writeState } from '../shared/address.js'
import { element, make } from '../shared/elements.js'
import { messageOf } from '../shared/message.js'
import { addChoices, applyChoices, choicesState, freezeChoices, offerGpu, readChoices } from './choices.js'
import { defaultSelection, estimatedSeconds } from './default-run.js'
import { type Ending, forget, type Kept, keep, keepPace, noteAgain, recall, takeAgain } from './kept.js'
import { connectCopying, show } from './outcome.js'
import { measure, type Outcome } from './run.js'
import { committed, fromHere, HERE, type Source } from './sources.js'
import { explained, words } from './terms.js'

/** What a button measures: what the page proposes, or what is chosen in detail. */
type What = 'default' | 'chosen'

const bench = element('bench')
const progress = element<HTMLProgressElement>('progress')
const list = element<HTMLSelectElement>('source')
let machine: Machine | undefined
let kept: Kept | undefined
let running: AbortController | undefined
/** The other libraries keep the lost device until the page is reloaded. */
let lost = false

async function start(): Promise<void> {
  element('results').before(explained('What the words mean', words))
  connectCopying(tell)
  kept = recall()
  try {
    showFrom(readState().show)
  } catch {
    forget() // kept by another version of this page
    kept = undefined
    showFrom(undefined)
  }
  addChoices(remember)
  applyChoices(readState())
  connect()
  await look()
  const adapter = machine && adapterName(machine)
  if (kept && adapterName(kept.report.machine) !== adapter) showFrom(list.value) // and says so
  for (const id of ['measure', 'run']) element<HTMLButtonElement>(id).disabled = false
  bench.dataset.state = 'ready'
  const again = takeAgain()
  if (again === 'default' || again === 'chosen') void run(again)
}

function connect(): void {
  element('measure').addEventListener('click', () => run('default'))
  element('choices').addEventListener('submit', (event) => {
    event.preventDefault()
    void run('chosen')
  })
  element('cancel').addEventListener('click', () => running?.abort())
  list.addEventListener('change', () => {
    showFrom(list.value)
    remember()
  })
  onStateChange((state) => {
    applyChoices(state)
    showFrom(state.show)
  })
}

/** Says what there is to measure on; called again at the start of a run, because a GPU may come and go. */
function identify(opened: Opened): void {
  machine = describeMachine(opened)
  if (opened.device) setBadge('webgpu', `WebGPU on ${adapterName(machine)}`)
  else setBadge('cpu', 'CPU, without WebGPU')
  offerGpu(opened.device ? undefined : opened.noAdapter)
  nameButton()
}

function setBadge(backend: 'webgpu' | 'cpu', words: string): void {
  const badge = element('badge')
  badge.dataset.backend = backend
  badge.textContent = words
}

function nameButton(): void {
  if (!machine) return
  element('measure').textContent = lost
    ? 'Reload and measure again'
    : `Measure this machine (about ${estimatedSeconds(machine)} s)`
}

async function run(what: What): Promise<void> {
  if (running || !machine) return
  if (lost) {
    noteAgain(what)
    location.reload()
    return
  }
  for (const id of ['run-error', 'choice-error']) element(id).textContent = ''
  let selection: Selection
  try {
    selection = what === 'default' ? defaultSelection(machine) : readChoices()
  } catch (error) {
    element('choice-error').textContent = messageOf(error)
    tell(messageOf(error))
    bench.dataset.state = 'error'
    return
  }
  running = new AbortController()
  showRunning()
  const start = performance.now()
  let first = true
  try {
    const outcome = await measure(selection, {
      signal: running.signal,
      onOpened: identify,
      onProgress: ({ share, what }) => showProgress(share, what),
      onCase: (report) => {
        keepAndShow(report, 'running', first)
        first = false
      },
    })
    if (outcome.report) keepAndShow(outcome.report, outcome.ending, first)
    if (outcome.ending === 'done' && what === 'default') {
      keepPace({ adapter: adapterName(machine), seconds: (performance.now() - start) / 1000 })
    }
    conclude(outcome)
    end(what, outcome.ending)
  } catch (error) {
    element('run-error').textContent = messageOf(error)
    tell(messageOf(error))
    end(what, 'error')
  }
}

function conclude({ ending, report, reason }: Outcome): void {
  if (ending === 'lost') {
    lost = true
    const finished = report ? 'The finished cases are below, marked as partial.' : 'No case was finished.'
    const words = `The GPU was lost during the run (${reason || 'no reason given'}). ${finished} To measure again, this page reloads.`
    element('run-error').textContent = words
    element('doing').textContent = ''
    tell(words)
    setBadge('cpu', 'GPU lost')
    return
  }
  const words = ending === 'done' ? 'Done.' : report ? 'Cancelled; the finished cases stay.' : 'Cancelled.'
  element('doing').textContent = words
  tell(ending === 'done' && list.value === HERE ? `${words} ${element('verdict').textContent}` : words)
}

/** Opens a device only to describe it. */
async function look(): Promise<void> {
  const opened = await openDevice()
  identify(opened)
  opened.device?.destroy()
}

/** @param first the reader may have chosen to look at other results since then */
function keepAndShow(report: Report, ending: Ending, first: boolean): void {
  kept = { report, ending }
  keep(kept)
  showFrom(first ? HERE : list.value)
  remember()
}

function sources(): Source[] {
  return [...(kept ? [fromHere(kept, machine)] : []), ...committed]
}

/** Shows the source with this id, or else the first. */
function showFrom(id: string | undefined): void {
  const all = sources()
  const source = all.find((each) => each.id === id) ?? all.at(0)
  if (!source) return
  list.replaceChildren(...all.map(({ id, label }) => make('option', { value: id, textContent: label })))
  list.value = source.id
  show(source)
}

/** Writes what differs from a first visit into the address. */
function remember(): void {
  const show = list.value === sources().at(0)?.id ? undefined : list.value
  writeState({ ...choicesState(), show })
}

function showRunning(): void {
  freezeChoices(true)
  bench.dataset.state = 'running'
  element('measure').hidden = true
  element('cancel').hidden = false
  progress.hidden = false
  element('cancel').focus()
  showProgress(0, 'starting')
  tell('Measuring.')
}

function showProgress(share: number, what: string): void {
  if (Math.floor(share * 4) > Math.floor(progress.value * 4))
    tell(`${25 * Math.floor(share * 4)} % measured.`)
  progress.value = share
  element('doing').textContent = `${Math.round(share * 100)} %, ${what}`
}

function end(what: What, state: Outcome['ending'] | 'error'): void {
  running = undefined
  freezeChoices(false)
  element('measure').hidden = false
  element('cancel').hidden = true
  progress.hidden = true
  if (state === 'error') element('doing').textContent = ''
  nameButton()
  // Cancel had the focus and is hidden now.
  element(what === 'default' ? 'measure' : 'run').focus({ preventScroll: true })
  bench.dataset.state = state
}

function tell(message: string): void {
  element('status').textContent = message
}

void start()
