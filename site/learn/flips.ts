/** Eight flips or four: which counts of zeros can occur, guessed and then drawn. */

import { element } from '../shared/elements.js'
import { binomial, broadcast, possibleZeros } from './broadcast.js'
import { toss } from './coins.js'
import { write } from './shapes.js'
import { flips, RATE, SEED } from './start.js'

const COUNTS = Array.from({ length: 9 }, (_, i) => i)
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

export function runFlips(): void {
  const results = element('flips-results')
  const verdict = element('flips-verdict')
  const guesses = () => [...document.querySelectorAll<HTMLInputElement>('[name=flips-guess]')]
  let step = 0
  let drawn = COUNTS.map(() => 0)

  const noise = () => {
    const chosen = document.querySelector<HTMLInputElement>('[name=flips-noise]:checked')
    return (chosen?.value ?? '2,2,2').split(',').map(Number)
  }
  const known = () => broadcast({ axes: flips, noise: noise() })

  function show(): void {
    const { coins, each } = known()
    const possible = possibleZeros(known())
    const all = drawn.reduce((sum, count) => sum + count, 0)
    const most = Math.max(...drawn, ...possible.map((_, dropped) => all * binomial(coins, dropped, RATE)), 1)
    results.innerHTML = COUNTS.map((zeros) => {
      const can = possible.includes(zeros)
      const expected = can ? binomial(coins, zeros / each, RATE) : 0
      const bar = (count: number, kind: string) =>
        `<span class="bar ${kind}" style="--share: ${((100 * count) / most).toFixed(1)}%"></span>`
      return `<tr${can ? '' : ' class="never"'}><th scope="row">${zeros}</th><td>${all > 0 ? drawn[zeros] : ''}</td><td>${can ? percent.format(expected) : 'never'}</td><td class="bars">${bar(drawn[zeros], 'drawn')}${bar(all * expected, 'expected')}</td></tr>`
    }).join('')
  }

  function draw(times: number): void {
    const { coins, each } = known()
    let zeros = 0
    for (let i = 0; i < times; i++) {
      const flags = toss({ shape: [2, 2, 2], noiseShape: noise(), rate: RATE, seed: SEED, step: step++ })
      zeros = flags.filter((flag) => flag === 0).length
      drawn[zeros * each]++
    }
    show()
    verdict.textContent =
      times === 1
        ? `${zeros} of ${coins} coins dropped: ${zeros * each} zeros.`
        : `${times.toLocaleString('en')} draws. Never: ${listOf(COUNTS.filter((count) => !possibleZeros(known()).includes(count)))}.`
  }

  function check(): void {
    const possible = possibleZeros(known())
    const missed = possible.filter((zeros) => !guesses()[zeros].checked)
    const wrong = guesses().flatMap(({ checked }, zeros) =>
      checked && !possible.includes(zeros) ? [zeros] : [],
    )
    const { coins, each } = known()
    const why = `${coins} ${coins === 1 ? 'coin decides' : 'coins decide'} ${each} ${each === 1 ? 'value' : 'values'} each, so zeros come in steps of ${each}.`
    verdict.textContent =
      missed.length + wrong.length === 0
        ? `Right. ${why}`
        : `${missed.length > 0 ? `${listOf(missed)} can occur, too. ` : ''}${wrong.length > 0 ? `${listOf(wrong)} cannot. ` : ''}${why}`
  }

  for (const choice of document.querySelectorAll('[name=flips-noise]')) {
    choice.addEventListener('change', () => {
      drawn = COUNTS.map(() => 0)
      verdict.textContent = `Noise shape (${write(noise())}): guess, then draw.`
      for (const guess of guesses()) guess.checked = false
      show()
    })
  }
  element('flips-check').addEventListener('click', check)
  element('flips-once').addEventListener('click', () => draw(1))
  element('flips-many').addEventListener('click', () => draw(1000))
  show()
}

function listOf(numbers: readonly number[]): string {
  if (numbers.length === 0) return 'nothing'
  return numbers.length === 1 ? `${numbers[0]}` : `${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`
}
