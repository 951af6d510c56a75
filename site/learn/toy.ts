/** A tensor beside the coins that decide it: the reader switches axes, turns coins, and sees what follows. */

import { element } from '../shared/elements.js'
import { type Broadcast, broadcast } from './broadcast.js'
import { toss } from './coins.js'
import { coinTables, switchFields, valueTables } from './grids.js'
import type { Shapes } from './shapes.js'

export interface ToyState {
  shapes: Shapes
  rate: number
  seed: number
  step: number
  /** Coins that the reader turned by hand. */
  turned: ReadonlySet<number>
}

/** What the toy's parts are called in the page: `hero-coins`, `hero-values`, `hero-switches`. */
export interface Toy {
  readonly state: ToyState
  /** Whether each coin's values are kept. */
  readonly kept: readonly boolean[]
  readonly known: Broadcast
  change(changes: Partial<ToyState>): void
}

/** Runs the toy in the elements `<id>-coins`, `<id>-values` and `<id>-switches`. Calls `shown` after each change. */
export function createToy(
  id: string,
  start: ToyState,
  value: (at: number, state: ToyState) => string,
  shown: (toy: Toy) => void,
): Toy {
  const coins = element(`${id}-coins`)
  const values = element(`${id}-values`)
  const switches = element(`${id}-switches`)
  let state = start
  let kept: readonly boolean[] = []
  let known = broadcast(start.shapes)

  const toy: Toy = {
    get state() {
      return state
    },
    get kept() {
      return kept
    },
    get known() {
      return known
    },
    change(changes) {
      const other = changes.shapes !== undefined
      state = { ...state, ...changes }
      // A coin that was turned by hand belongs to the toss in which it was turned.
      if (other || changes.seed !== undefined || changes.step !== undefined || changes.rate !== undefined) {
        state = { ...state, turned: changes.turned ?? new Set() }
      }
      show()
    },
  }

  function show(): void {
    known = broadcast(state.shapes)
    kept = keptBy(state).map((keep, coin) => keep !== state.turned.has(coin))
    const grids = { shapes: state.shapes, kept, value: (at: number) => value(at, state) }
    replace(switches, switchFields(id, state.shapes))
    replace(coins, coinTables(grids))
    replace(values, valueTables(grids, known))
    shown(toy)
  }

  coins.addEventListener('click', ({ target }) => {
    const coin = coinAt(target)
    if (coin === undefined) return
    const turned = new Set(state.turned)
    if (!turned.delete(coin)) turned.add(coin)
    toy.change({ turned })
    light(coin)
  })
  switches.addEventListener('change', ({ target }) => {
    const { name, value: size } = target as HTMLInputElement
    const axis = Number(name.slice(`${id}-axis-`.length))
    const noise = state.shapes.noise.with(axis, Number(size))
    toy.change({ shapes: { ...state.shapes, noise } })
  })
  const light = (coin: number | undefined) => {
    for (const place of [coins, values]) {
      for (const cell of place.querySelectorAll<HTMLElement>('[data-coin]')) {
        cell.classList.toggle('lit', Number(cell.dataset.coin) === coin)
      }
    }
  }
  for (const place of [coins, values]) {
    place.addEventListener('pointerover', ({ target }) => light(coinAt(target)))
    place.addEventListener('pointerleave', () => light(coinAt(document.activeElement)))
    place.addEventListener('focusin', ({ target }) => light(coinAt(target)))
    place.addEventListener('focusout', () => light(undefined))
    place.addEventListener('keydown', walk)
  }
  show()
  return toy
}

/** Which coins keep, before the reader turns any. */
function keptBy({ shapes, rate, seed, step }: ToyState): boolean[] {
  const shape = shapes.axes.map(({ size }) => size)
  return Array.from(toss({ shape, noiseShape: shapes.noise, rate, seed, step }), Boolean)
}

/** Replaces the content, and gives the focus back to the control that had it. */
function replace(place: HTMLElement, html: string): void {
  const focused = document.activeElement
  const key = focused && place.contains(focused) ? selectorOf(focused as HTMLElement) : undefined
  place.innerHTML = html
  if (key) place.querySelector<HTMLElement>(key)?.focus()
}

function selectorOf(control: HTMLElement): string {
  if (control instanceof HTMLInputElement) return `[name="${control.name}"][value="${control.value}"]`
  const { at, coin } = control.dataset
  return at === undefined ? `[data-coin="${coin}"]` : `[data-at="${at}"]`
}

function coinAt(target: EventTarget | null): number | undefined {
  const coin = (target as HTMLElement | null)?.closest<HTMLElement>('[data-coin]')?.dataset.coin
  return coin === undefined ? undefined : Number(coin)
}

/** Arrow keys walk from cell to cell of a table, as in a spreadsheet. */
function walk(event: KeyboardEvent): void {
  const steps: Record<string, readonly [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  }
  const step = steps[event.key]
  const from = (event.target as HTMLElement).closest<HTMLElement>('[data-coin]')
  if (!step || !from) return
  event.preventDefault()
  const here = from.getBoundingClientRect()
  const cells = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[data-coin]')]
  const ahead = cells.flatMap((cell) => {
    const { x, y, width, height } = cell.getBoundingClientRect()
    const [right, down] = [x + width / 2 - here.x - here.width / 2, y + height / 2 - here.y - here.height / 2]
    const along = right * step[0] + down * step[1]
    const aside = Math.abs(right * step[1]) + Math.abs(down * step[0])
    return along > 1 ? [{ cell, far: along + 4 * aside }] : []
  })
  ahead.sort((a, b) => a.far - b.far)
  ahead[0]?.cell.focus()
}
