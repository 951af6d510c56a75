/** Three networks learn in this page, each with another dropout, and are tested with maps removed. */

import { element } from '../../shared/elements.js'
import { curvesSvg, percent } from './curves.js'
import { type Progress, REMOVED, type Settings, variants } from './recipe.js'
import type { Order } from './worker.js'

/** About ten seconds on two cores, which the three networks share. */
const EPOCHS = 15
const ALL_DIGITS = 1437

const INTACT = 'Read right, intact'
const WITHOUT = `Read right, ${REMOVED} of 16 maps removed`

export function runTrain(): void {
  const start = element<HTMLButtonElement>('train-start')
  const stop = element<HTMLButtonElement>('train-stop')
  const bar = element<HTMLProgressElement>('train-bar')
  const says = element('train-says')
  const wrong = element('train-error')
  /** One for each network: they learn side by side. */
  let workers: Worker[] = []
  let settings = firstSettings()
  let progress: Progress[] = []
  let began = 0

  function train(): void {
    progress = []
    began = performance.now()
    says.textContent = `Three networks are learning, with seed ${settings.seed}.`
    wrong.textContent = ''
    element('train-results').hidden = false
    show()
    setRunning(true)
    workers = variants.map((_, variant) => learn({ ...settings, variant }))
  }

  function learn(order: Order): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<Progress>) => {
      progress.push(data)
      show()
      if (finished() === settings.epochs) finish()
    })
    worker.addEventListener('error', ({ message }) => {
      end('It stopped.')
      wrong.textContent = message
        ? `The training failed: ${message}`
        : 'The training could not be loaded. Reload the page, and try again.'
    })
    worker.postMessage(order)
    return worker
  }

  function finish(): void {
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const numbers = variants.map(({ name }, variant) => `${name} ${percent(last(variant)?.removed ?? 0)}`)
    end(`Done in ${seconds} s, with seed ${settings.seed}. ${WITHOUT}: ${numbers.join(', ')}.`)
    settings = { ...settings, seed: settings.seed + 1 }
    start.textContent = `Train again, with seed ${settings.seed}`
  }

  function end(message: string): void {
    for (const worker of workers) worker.terminate()
    workers = []
    setRunning(false)
    says.textContent = message
  }

  /** The focus stays on the button that can be pressed. */
  function setRunning(running: boolean): void {
    const [shown, hidden] = running ? [stop, start] : [start, stop]
    const focused = document.activeElement === hidden
    shown.hidden = false
    hidden.hidden = true
    if (focused) shown.focus()
    bar.hidden = !running
  }

  /** Epochs that all networks have behind them. */
  const finished = () => Math.min(...variants.map((_, variant) => last(variant)?.epoch ?? 0))
  const last = (variant: number) => progress.findLast((each) => each.variant === variant)

  function show(): void {
    const { epochs } = settings
    bar.value = progress.length / (epochs * variants.length)
    const curves = (of: 'intact' | 'removed') =>
      variants.map((_, variant) =>
        progress.filter((each) => each.variant === variant).map((each) => each[of]),
      )
    element('train-intact').innerHTML = curvesSvg(INTACT, curves('intact'), epochs)
    element('train-removed').innerHTML = curvesSvg(WITHOUT, curves('removed'), epochs)
    element('train-epoch').textContent = `After ${finished()} of ${epochs} epochs`
    element('train-table').innerHTML = variants
      .map(({ name }, variant) => {
        const { intact, removed } = last(variant) ?? {}
        const cells = [intact, removed].map(
          (share) => `<td>${share === undefined ? '' : `${(100 * share).toFixed(1)} %`}</td>`,
        )
        return `<tr><th scope="row"><svg class="key" viewBox="0 0 32 8" aria-hidden="true"><path class="curve variant-${variant}" d="M1 4H31"/></svg>${name}</th>${cells.join('')}</tr>`
      })
      .join('')
  }

  start.addEventListener('click', train)
  stop.addEventListener('click', () => end(`Stopped after ${finished()} of ${settings.epochs} epochs.`))
}

/** `?epochs=2&digits=200` is a shorter training, for tests and for slow machines. */
function firstSettings(): Settings {
  const asked = new URLSearchParams(location.search)
  const whole = (name: string, most: number) => {
    const number = Math.floor(Number(asked.get(name)))
    return number >= 1 ? Math.min(number, most) : undefined
  }
  return {
    seed: 1,
    epochs: whole('epochs', 200) ?? EPOCHS,
    digits: whole('digits', ALL_DIGITS) ?? ALL_DIGITS,
  }
}
