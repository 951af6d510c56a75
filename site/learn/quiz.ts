/** Five of five: the reader picks the pattern that can occur, and sees at once why the others cannot. */

import { element } from '../shared/elements.js'
import { escapeHtml } from '../shared/escape-html.js'
import { broadcast, contradiction, indicesOf } from './broadcast.js'
import { indexName, valueTables } from './grids.js'
import { type Question, questions } from './questions.js'
import type { Shapes } from './shapes.js'

const LETTERS = ['A', 'B', 'C', 'D']

/**
 * Runs the quiz. `changed` is told all answers when one is given: a letter per question, or `-`. Returns what shows such
 * answers.
 */
export function runQuiz(changed: (answers: string) => void): (answers: string) => void {
  let given: number[] = []
  const place = element('quiz')

  place.addEventListener('click', ({ target }) => {
    // The whole grid picks its answer, not the small radio alone.
    const option = (target as HTMLElement).closest('.option')
    if (option && !(target instanceof HTMLInputElement)) option.querySelector('input')?.click()
  })
  place.addEventListener('change', ({ target }) => {
    const { name, value } = target as HTMLInputElement
    const i = Number(name.slice('quiz-'.length))
    given[i] = Number(value)
    reveal(i, given[i])
    showScore()
    changed(given.map((answer) => LETTERS[answer] ?? '-').join(''))
  })

  return (answers) => {
    given = questions.map((_, i) => LETTERS.indexOf(answers[i] ?? '-'))
    place.innerHTML = questions.map(questionHtml).join('')
    given.forEach((answer, i) => {
      if (answer >= 0) reveal(i, answer)
    })
    showScore()
  }

  function showScore(): void {
    const right = questions.filter((question, i) => given[i] === question.right).length
    const done = given.filter((answer) => answer >= 0).length
    element('quiz-score').textContent =
      done < questions.length
        ? `${right} right, ${questions.length - done} to go.`
        : `${right} of ${questions.length}.`
    element('quiz-share').hidden = done < questions.length
  }
}

function reveal(i: number, answer: number): void {
  const { shapes, options, right } = questions[i]
  const radio = document.querySelector<HTMLInputElement>(`[name=quiz-${i}][value="${answer}"]`)
  if (radio) radio.checked = true
  const reason = element(`quiz-${i}-reason`)
  reason.dataset.right = String(answer === right)
  reason.textContent = `${answer === right ? 'Right.' : `Not ${LETTERS[answer]}.`} ${reasonFor(shapes, options[answer])}`
}

/** Why a pattern can come from a noise shape, or two values that say it cannot. */
export function reasonFor(shapes: Shapes, kept: readonly boolean[]): string {
  const known = broadcast(shapes)
  const pair = contradiction(known, kept)
  if (!pair) {
    return known.each === 1
      ? 'Every value has a coin of its own, so any pattern can occur.'
      : `Each of the ${known.coins} coins keeps or drops its ${known.each} values together.`
  }
  const [one, other] = pair.map((at) => placeOf(shapes, at))
  const [first, second] = pair.map((at) => (kept[at] ? 'kept' : 'dropped'))
  return `“${one}” is ${first} and “${other}” is ${second}, but they share a coin.`
}

function placeOf({ axes }: Shapes, at: number): string {
  const index = indicesOf(
    axes.map(({ size }) => size),
    at,
  )
  return axes.flatMap((axis, i) => (axis.size > 1 ? [indexName(axis, index[i])] : [])).join(', ')
}

function questionHtml({ text, shapes, options }: Question, i: number): string {
  const cells = options.map((kept, option) => {
    // As if every value had a coin of its own: the pattern is what is asked.
    const own = { ...shapes, noise: shapes.axes.map(({ size }) => size) }
    return `<div class="option"><input type="radio" name="quiz-${i}" value="${option}" id="quiz-${i}-${option}" aria-describedby="quiz-${i}-reason" /><label for="quiz-${i}-${option}">${LETTERS[option]}</label>${valueTables({ shapes: own, kept, value: () => '1' })}</div>`
  })
  return `<fieldset class="question"><legend>${i + 1}. ${escapeHtml(text)}</legend><div class="options">${cells.join('')}</div><p class="reason" id="quiz-${i}-reason" role="status"></p></fieldset>`
}
