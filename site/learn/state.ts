/** The state of the toy in the page's address: `#shape=2,3,4&noise=2,1,4&rate=0.5&seed=37`. */

import { readAxes, readNoise, ShapeError, type Shapes } from './shapes.js'
import { hero, RATE, SEED } from './start.js'
import type { ToyState } from './toy.js'

export const START: ToyState = { shapes: hero, rate: RATE, seed: SEED, step: 0, turned: new Set() }

/** Reads a state; what is not given is as at the start. Throws a ShapeError that says what is wrong. */
export function fromAddress({ shape, noise, rate, seed, step, turned }: Record<string, string>): ToyState {
  const shapes = shape === undefined && noise === undefined ? hero : readShapes(shape ?? '2,3,4', noise ?? '')
  return {
    shapes,
    rate: rate === undefined ? RATE : readRate(rate),
    seed: seed === undefined ? SEED : readWhole(seed),
    step: step === undefined ? 0 : readWhole(step),
    turned: new Set((turned ?? '').split(',').filter(Boolean).map(Number)),
  }
}

/** What `fromAddress` reads; only what differs from a fresh toss is written. */
export function toAddress({
  shapes,
  rate,
  seed,
  step,
  turned,
}: ToyState): Record<string, string | undefined> {
  return {
    shape: sizesOf(shapes).join(','),
    noise: shapes.noise.join(','),
    rate: String(rate),
    seed: String(seed),
    step: step === 0 ? undefined : String(step),
    turned: turned.size === 0 ? undefined : [...turned].join(','),
  }
}

/** Shapes as typed. Three words stay "the cat sat". */
export function readShapes(shape: string, noise: string): Shapes {
  const read = readAxes(shape)
  const sizes = sizesOf({ axes: read, noise: [] })
  const axes = /[a-z]/i.test(shape) || sizes.join() !== sizesOf(hero).join() ? read : hero.axes
  return { axes, noise: readNoise(noise, axes) }
}

export function readRate(text: string): number {
  const rate = Number(text)
  if (text.trim() === '' || !(rate >= 0 && rate <= 1)) {
    throw new ShapeError('rate', `“${text}” is not a rate: type a number from 0 to 1.`)
  }
  return rate
}

export function readWhole(text: string): number {
  const whole = Number(text)
  if (!/^\s*\d+\s*$/.test(text) || whole > Number.MAX_SAFE_INTEGER) {
    throw new ShapeError('seed', `“${text}” is not a seed: type a whole number from 0 to 2^53 - 1.`)
  }
  return whole
}

export const sizesOf = ({ axes }: Shapes) => axes.map(({ size }) => size)
