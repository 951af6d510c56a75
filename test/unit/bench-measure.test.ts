/** The measuring core, on a clock that stands still until an entrant moves it. */

import { describe, expect, test } from 'vitest'
import { measure, quantile, summary } from '../../bench/measure.js'

/** Entrants that take `ms` for a call, and a diary of their batches. */
function race(paces: Record<string, number>) {
  let time = 0
  const diary: { name: string; times: number }[] = []
  const entrants = Object.entries(paces).map(([name, ms]) => ({
    name,
    async run(times: number) {
      diary.push({ name, times })
      time += ms * times
    },
    close() {},
  }))
  return { entrants, diary, now: () => time }
}

describe('measure', () => {
  test('gives the time of one call, however many it takes to fill a batch', async () => {
    const { entrants, now } = race({ fast: 0.5, slow: 7 })
    const timings = await measure(entrants, { rounds: 4, batchMs: 20, now })
    expect(timings).toEqual([
      { name: 'fast', median: 0.5, min: 0.5, spread: 0, repeats: 40, rounds: 4 },
      { name: 'slow', median: 7, min: 7, spread: 0, repeats: 3, rounds: 4 },
    ])
  })

  test('takes turns, and starts each round with another entrant', async () => {
    const { entrants, diary, now } = race({ a: 10, b: 10, c: 10 })
    await measure(entrants, { rounds: 4, batchMs: 10, now })
    const warmUp = 'aabbcc'
    expect(diary.map(({ name }) => name).join('')).toBe(`${warmUp}${'abc'}${'bca'}${'cab'}${'abc'}`)
  })

  test('doubles the calls of a batch until it is long enough', async () => {
    const { entrants, diary, now } = race({ a: 1 })
    await measure(entrants, { rounds: 1, batchMs: 6, now })
    expect(diary.map(({ times }) => times)).toEqual([1, 2, 4, 8, 8, 6])
  })

  test('one slow moment in the warm-up does not shorten the batches', async () => {
    let time = 0
    let batches = 0
    const entrant = {
      name: 'a',
      async run(times: number) {
        time += times + (batches++ === 0 ? 100 : 0)
      },
      close() {},
    }
    const [timing] = await measure([entrant], { rounds: 1, batchMs: 20, now: () => time })
    expect(timing).toMatchObject({ median: 1, repeats: 20 })
  })

  test('a very slow entrant runs once in the warm-up', async () => {
    const { entrants, diary, now } = race({ slow: 200 })
    await measure(entrants, { rounds: 3, batchMs: 20, now })
    expect(diary.map(({ times }) => times)).toEqual([1, 1, 1, 1])
  })

  test('an entrant that does nothing ends the warm-up, too', async () => {
    const { entrants, now } = race({ nothing: 0 })
    const [timing] = await measure(entrants, { rounds: 1, now })
    expect(timing).toMatchObject({ median: 0, repeats: 4096 })
  })

  test('a slow entrant sits out rounds, spread over the run, and never has fewer than three', async () => {
    const { entrants, diary, now } = race({ fast: 10, slow: 100, slowest: 10_000 })
    const timings = await measure(entrants, { rounds: 9, batchMs: 10, entrantMs: 450, now })
    expect(timings.map(({ rounds }) => rounds)).toEqual([9, 4, 3])
    const order = diary.slice(-16).map(({ name }) => name) // what follows the warm-up
    const between = order
      .join(' ')
      .split('slowest')
      .map((part) => part.match(/fast/g)?.length ?? 0)
    expect(between.reduce((sum, fasts) => sum + fasts)).toBe(9)
    for (const fasts of between) expect(fasts).toBeLessThanOrEqual(4)
  })

  test('stops when aborted, before the next batch', async () => {
    const { entrants, diary, now } = race({ a: 10, b: 10 })
    const controller = new AbortController()
    const onRound = (done: number) => done === 2 && controller.abort(new Error('enough'))
    const run = measure(entrants, { rounds: 9, batchMs: 10, now, signal: controller.signal, onRound })
    await expect(run).rejects.toThrow('enough')
    expect(diary).toHaveLength(4 + 4) // the warm-up and two rounds
  })

  test('pauses before each batch, outside of what is timed', async () => {
    let time = 0
    let pauses = 0
    const entrant = {
      name: 'a',
      async run() {
        time += 5
      },
      close() {},
    }
    const pause = async () => {
      pauses++
      time += 1000
    }
    const [timing] = await measure([entrant], { rounds: 2, batchMs: 5, now: () => time, pause })
    expect(timing.median).toBe(5)
    expect(pauses).toBe(4)
  })

  test('an entrant enters before each of its batches, outside of what is timed', async () => {
    let time = 0
    let current = ''
    const wrong: string[] = []
    const entrants = ['a', 'b'].map((name) => ({
      name,
      async enter() {
        current = name
        time += 1000
      },
      async run() {
        if (current !== name) wrong.push(name)
        time += 5
      },
      close() {},
    }))
    const timings = await measure(entrants, { rounds: 3, batchMs: 5, now: () => time })
    expect(timings.map(({ median }) => median)).toEqual([5, 5])
    expect(wrong).toEqual([])
  })
})

test('the summary has the median, the least, and the interquartile range over the median', () => {
  expect(summary([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, spread: (3.25 - 1.75) / 2.5 })
  expect(summary([7])).toEqual({ median: 7, min: 7, spread: 0 })
})

test('a quantile lies between its neighbours', () => {
  expect(quantile([1, 2, 4], 0)).toBe(1)
  expect(quantile([1, 2, 4], 0.75)).toBe(3)
  expect(quantile([1, 2, 4], 1)).toBe(4)
})
