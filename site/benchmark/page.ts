/** Connects the benchmark page: runs what is chosen, and shows results as they come. */

import { openDevice } from '../../bench/device.js'
import { describeMachine, runInBrowser } from '../../bench/in-browser.js'
import { adapterName, type Report } from '../../bench/report.js'
import { element } from '../shared/elements.js'
import { addChoices, freezeChoices, readChoices, withoutGpu } from './choices.js'
import { renderReport } from './results.js'

const bench = element('bench')
const progress = element<HTMLProgressElement>('progress')
let running: AbortController | undefined

async function start(): Promise<void> {
  addChoices()
  element('choices').addEventListener('submit', (event) => {
    event.preventDefault()
    if (!running) void run()
  })
  element('cancel').addEventListener('click', () => running?.abort())
  const opened = await openDevice()
  const machine = describeMachine(opened)
  const badge = element('badge')
  badge.dataset.backend = opened.device ? 'webgpu' : 'cpu'
  badge.textContent = opened.device ? `WebGPU on ${adapterName(machine)}` : 'CPU, without WebGPU'
  if (!opened.device) withoutGpu(opened.noAdapter)
  opened.device?.destroy()
  element<HTMLButtonElement>('run').disabled = false
  bench.dataset.state = 'ready'
}

async function run(): Promise<void> {
  running = new AbortController()
  const { signal } = running
  let latest: Report | undefined
  showRunning(true)
  try {
    const selection = readChoices()
    tell('Measuring.')
    latest = await runInBrowser(selection, {
      signal,
      onProgress: ({ share, what }) => {
        progress.value = share
        element('doing').textContent = `${Math.round(share * 100)} %, ${what}`
      },
      onCase: (report) => {
        latest = report
        void show(report)
      },
    })
    await show(latest)
    end('done', 'Done.')
  } catch (error) {
    if (signal.aborted) {
      latest?.notes.push('The run was cancelled: these are the cases that were finished.')
      if (latest) await show(latest)
      end('cancelled', latest ? 'Cancelled; the finished cases stay.' : 'Cancelled.')
    } else {
      element('run-error').textContent = error instanceof Error ? error.message : String(error)
      end('error', '')
    }
  }
}

function end(state: 'done' | 'cancelled' | 'error', words: string): void {
  running = undefined
  showRunning(false)
  element('doing').textContent = words
  tell(words)
  bench.dataset.state = state
}

function showRunning(yes: boolean): void {
  freezeChoices(yes)
  element('cancel').hidden = !yes
  element('run').hidden = yes
  progress.hidden = !yes
  progress.value = 0
  if (!yes) {
    element('run').focus({ preventScroll: true }) // Cancel had the focus and is hidden now
    return
  }
  element('run-error').textContent = ''
  bench.dataset.state = 'running'
  element('cancel').focus()
}

let drawn = 0

/** Draws a report; a later one overtakes it. */
async function show(report: Report): Promise<void> {
  const turn = ++drawn
  const blocks = await renderReport(report)
  if (turn === drawn) element('results').replaceChildren(...blocks)
}

function tell(message: string): void {
  element('status').textContent = message
}

void start()
