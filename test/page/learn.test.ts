/** The Learn page as a reader uses it: mouse, touch and keyboard, with and without JavaScript. It needs no GPU. */

import { mask, unpackMask } from 'noiseshape/cpu'
import type { Page } from 'puppeteer'
import { describe, expect, test } from 'vitest'
import {
  expectNothingWrong,
  layoutShift,
  open,
  scrollWidth,
  site,
  text,
  useBrowser,
  useVisit,
} from './visit.js'

const browser = useBrowser({ webgpu: false })
const address = (hash = '') => `${site('')}${hash}`

/** Which coins of a toy say keep, and its values, as shown. */
const coins = (page: Page, id = 'hero') =>
  page.$$eval(`#${id}-coins [data-coin]`, (all) => all.map((coin) => coin.textContent === 'keep'))
const values = (page: Page, id = 'hero') =>
  page.$$eval(`#${id}-values [data-coin]`, (all) => all.map((cell) => Number(cell.textContent)))
const hash = (page: Page) => page.evaluate(() => location.hash)

/** The library's flags. */
function flags(noiseShape: number[], step = 0, seed = 37): boolean[] {
  const cells = noiseShape.reduce((all, size) => all * size, 1)
  return Array.from(unpackMask(mask({ shape: [2, 3, 4], noiseShape, rate: 0.5, seed, step }), cells), Boolean)
}

describe('with a mouse and a keyboard', () => {
  const here = useVisit(browser, () => address())

  test('it begins as SpatialDropout1D: 8 coins, each decides 3 values', async () => {
    const { page } = here()
    expect(await coins(page)).toEqual(flags([2, 1, 4]))
    expect(await text(page, 'hero-numbers')).toBe(
      '(2, 1, 4): 8 coins, each decides 3 values; zeros can be 0, 3, 6 … 24.',
    )
    expect(await text(page, 'hero-layers')).toMatch(/^SpatialDropout1D\..*PyTorch: Dropout1d, on \[N, C, L\]/)
    const shown = await values(page)
    expect(shown.filter((value) => value === 0)).toHaveLength(9)
    expect(new Set(shown)).toEqual(new Set([0, 2]))
  })

  test('“Flip all” is the next step of the library, and the address has it', async () => {
    const { page } = here()
    await page.click('#hero-flip')
    expect(await coins(page)).toEqual(flags([2, 1, 4], 1))
    expect(await hash(page)).toBe('#shape=2,3,4&noise=2,1,4&rate=0.5&seed=37&step=1')
    expect(await text(page, 'hero-zeros')).toMatch(/^\d of 8 coins say drop: \d+ of 24 values are 0\.$/)
  })

  test('a pressed coin turns, and its three values with it', async () => {
    const { page } = here()
    const before = await values(page)
    await page.click('#hero-coins [data-coin="5"]')
    const after = await values(page)
    expect(before.flatMap((value, at) => (value === after[at] ? [] : [at]))).toEqual([13, 17, 21])
    await page.click('#hero-coins [data-coin="5"]')
    expect(await values(page)).toEqual(before)
  })

  test('a coin lights up its values, and a value its coin', async () => {
    const { page } = here()
    const lit = (id: string) => page.$$eval(`#hero-${id} .lit`, (all) => all.length)
    await page.hover('#hero-coins [data-coin="2"]')
    expect([await lit('coins'), await lit('values')]).toEqual([1, 3])
    await page.hover('#hero-values [data-at="23"]')
    expect(await page.$eval('#hero-coins .lit', (coin) => (coin as HTMLElement).dataset.coin)).toBe('7')
  })

  test('switching an axis to 1 merges its coins', async () => {
    const { page } = here()
    await page.click('#hero-switches [name=hero-axis-0][value="1"]')
    expect(await coins(page)).toHaveLength(4)
    expect(await text(page, 'hero-coins')).toContain('every example')
    expect(
      await page.$eval(
        '#hero-coins [data-coin="0"]',
        (coin) => (coin.closest('td') as HTMLTableCellElement).rowSpan,
      ),
    ).toBe(3)
    const shown = await values(page)
    expect(shown.slice(0, 12)).toEqual(shown.slice(12))
    await page.click('#hero-switches [name=hero-axis-0][value="2"]')
    expect(await coins(page)).toHaveLength(8)
  })

  test('arrow keys walk over coins, and Enter turns one', async () => {
    const { page } = here()
    await page.focus('#hero-coins [data-coin="0"]')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    const [, , before] = await coins(page)
    await page.keyboard.press('Enter')
    expect((await coins(page))[2]).toBe(!before)
    expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.coin)).toBe('2')
  })

  test('eight flips or four: a guess is answered, and 1,000 draws never give an odd count', async () => {
    const { page } = here()
    for (const zeros of [0, 1, 2])
      await page.$$eval('[name=flips-guess]', (all, i) => (all[i] as HTMLElement).click(), zeros)
    await page.click('#flips-check')
    expect(await text(page, 'flips-verdict')).toBe(
      '4, 6 and 8 can occur, too. 1 cannot. 4 coins decide 2 values each, so zeros come in steps of 2.',
    )
    await page.click('#flips-many')
    const drawn = await page.$$eval('#flips-results tr', (rows) =>
      rows.map(({ children }) => children[1].textContent),
    )
    expect(drawn.reduce((all, count) => all + Number(count), 0)).toBe(1000)
    expect([1, 3, 5, 7].map((zeros) => drawn[zeros])).toEqual(['0', '0', '0', '0'])
    expect(await text(page, 'flips-verdict')).toBe('1,000 draws. Never: 1, 3, 5 and 7.')
  })

  test('feature maps are dropped whole under SpatialDropout2D, and peppered under Dropout', async () => {
    const { page } = here()
    const names = () => page.$$eval('#maps svg', (all) => all.map((map) => map.getAttribute('aria-label')))
    await page.waitForFunction(() => document.querySelectorAll('#maps svg').length === 16)
    const packed = mask({ shape: [1, 8, 8, 16], noiseShape: [1, 1, 1, 16], rate: 0.5, seed: 37 })
    const kept = [...unpackMask(packed, 16)]
    expect(await names()).toEqual(kept.map((flag, i) => `Map ${i}: ${flag ? 'kept' : 'dropped whole'}`))
    await page.click('[name=maps-pattern][value=values]')
    for (const name of await names()) expect(name).toMatch(/^Map \d+: \d+ of 64 values dropped$/)
  })

  test('the sentence: whole words, and the calls follow', async () => {
    const { page } = here()
    await page.click('[name=sentence-pattern][value="2,4,1"]')
    expect(await text(page, 'sentence-name')).toBe('whole steps, e.g. words')
    expect(await text(page, 'calls')).toContain('noise_shape=(None, None, 1)')
    const shown = await values(page, 'sentence')
    for (let word = 0; word < 8; word++) expect(new Set(shown.slice(word * 5, word * 5 + 5)).size).toBe(1)
  })

  test('holes of single values heal, whole maps do not', async () => {
    const { page } = here()
    await page.waitForFunction(() => Number(document.getElementById('heal-score')?.textContent) > 0.5)
    await page.click('[name=heal][value=maps]')
    expect(await text(page, 'heal-score')).toBe('0.00')
  })

  test('the quiz gives a reason, a score and a link', async () => {
    const { page } = here()
    const pick = (i: number, option: number) => page.click(`[name=quiz-${i}][value="${option}"]`)
    await pick(0, 0)
    expect(await text(page, 'quiz-0-reason')).toMatch(
      /^Not A\. “.+” is (kept|dropped) and “.+” is (kept|dropped), but they share a coin\.$/,
    )
    for (const [i, option] of [2, 0, 3, 1, 2].entries()) await pick(i, option)
    expect(await text(page, 'quiz-score')).toBe('5 of 5.')
    expect(await hash(page)).toContain('quiz=CADBC')
    expect(await page.$eval('#quiz-share', (button) => (button as HTMLElement).hidden)).toBe(false)
  })

  test('a wrong shape says what is wrong, and the last good one stays', async () => {
    const { page } = here()
    await page.$eval('#hero-own', (own) => own.setAttribute('open', ''))
    await page.click('#hero-noise', { count: 3 })
    await page.keyboard.type('2, 2, 4')
    expect(await text(page, 'hero-error')).toBe('“2” cannot stand for word: type 1, or its own size, 3.')
    expect(await coins(page)).toHaveLength(8)
    await page.click('#hero-noise', { count: 3 })
    await page.keyboard.type('[k, l, 1]')
    expect(await text(page, 'hero-error')).toBe('')
    expect(await text(page, 'hero-numbers')).toMatch(/^\(2, 3, 1\): 6 coins/)
  })
})

describe('with a finger', () => {
  const here = useVisit(browser, () => address(), { width: 390, height: 844 })
  const litCells = (page: Page) =>
    page.$$eval('#hero-values .lit', (all) => all.map((cell) => Number((cell as HTMLElement).dataset.at)))

  test('coins and values of the toy are on the first screen of a phone', async () => {
    const bottom = await here().page.$eval('#hero-values', (node) => node.getBoundingClientRect().bottom)
    expect(bottom).toBeLessThanOrEqual(844)
  })

  test('a tapped coin turns and lights up its values, and a tapped value its coin', async () => {
    const { page } = here()
    const before = await coins(page)
    await page.tap('#hero-coins [data-coin="5"]')
    expect(await coins(page)).toEqual(before.map((keep, i) => (i === 5 ? !keep : keep)))
    expect(await litCells(page)).toEqual([13, 17, 21])
    await page.tap('#hero-values [data-at="0"]')
    expect(await litCells(page)).toEqual([0, 4, 8])
  })

  test('a tapped switch merges coins, and a tapped button draws again', async () => {
    const { page } = here()
    await page.tap('#hero-switches [name=hero-axis-1][value="3"] + span')
    expect(await coins(page)).toEqual(flags([2, 3, 4]))
    await page.tap('#hero-flip')
    expect(await coins(page)).toEqual(flags([2, 3, 4], 1))
  })

  test('a tapped grid of the quiz is an answer', async () => {
    const { page } = here()
    await page.tap('#quiz .question:first-child .option:nth-child(3) table')
    expect(await text(page, 'quiz-0-reason')).toMatch(/^Right\./)
    expect(await text(page, 'quiz-score')).toBe('1 right, 4 to go.')
  })
})

test('a link brings its state back, also with the back button', async () => {
  const link = '#shape=1,2,3&noise=1,1,3&rate=0.5&seed=37'
  const visit = await open(browser(), address(link))
  const { page } = visit
  expect(await coins(page)).toEqual([true, false, true])
  await page.click('#hero-flip')
  await page.reload()
  await page.waitForSelector('#learn[data-state=ready]')
  expect(await hash(page)).toBe(`${link}&step=1`)
  await page.evaluate(() => {
    location.hash = '#shape=2,3,4&noise=2,3,4&rate=0.5&seed=37'
  })
  await page.waitForFunction(() => document.querySelectorAll('#hero-coins [data-coin]').length === 24)
  await page.goBack()
  await page.waitForFunction(() => document.querySelectorAll('#hero-coins [data-coin]').length === 3)
  await page.goto(address('#shape=2,3,4&noise=7,1,4'))
  await page.reload()
  await page.waitForSelector('#learn[data-state=ready]')
  expect(await text(page, 'hero-error')).toBe('“7” cannot stand for example: type 1, or its own size, 2.')
  const noise = () => page.$eval('#hero-noise', (field) => (field as HTMLInputElement).value)
  expect([await noise(), await hash(page)], 'what is wrong can be seen').toEqual([
    '7,1,4',
    '#shape=2,3,4&noise=7,1,4',
  ])
  await page.click('#hero-flip')
  expect([await text(page, 'hero-error'), await noise()]).toEqual(['', '2, 1, 4'])
  expectNothingWrong(visit)
})

test('a link with the answers of a quiz shows them on the open page, too', async () => {
  const { page } = await open(browser(), address('#quiz=CADBC'))
  expect(await text(page, 'quiz-score')).toBe('5 of 5.')
  await page.evaluate(() => {
    location.hash = '#quiz=A----'
  })
  await page.waitForFunction(() => document.getElementById('quiz-score')?.textContent === '0 right, 4 to go.')
  expect(await page.$$eval('#quiz :checked', (all) => all.length)).toBe(1)
})

test('without JavaScript the same tables stand there', async () => {
  const visit = await open(browser(), address())
  const live = await visit.page.$eval('#hero-values', (node) => (node as HTMLElement).innerText)
  const page = await browser().newPage()
  await page.setJavaScriptEnabled(false)
  await page.goto(address())
  const read = await page.$eval('#hero-values', (node) => (node as HTMLElement).innerText)
  expect(read).toBe(live)
  expect(await page.$eval('#calls', ({ textContent }) => textContent)).toContain('spatialDropout1D(x,')
})

test.each([1280, 390])(
  'nothing moves while it loads, %s px wide, and nothing is wider than the window',
  async (width) => {
    expect(await layoutShift(browser(), address(), width)).toBeLessThan(0.02)
    const { page } = await open(browser(), address(), { width })
    expect(await scrollWidth(page)).toBeLessThanOrEqual(width)
  },
)

test('?embed=1 shows the toy alone', async () => {
  const { page } = await open(browser(), `${site('')}?embed=1`)
  const seen = await page.$$eval('header, main > section', (all) =>
    all.filter((node) => node.checkVisibility()).map((node) => node.className),
  )
  expect(seen).toEqual(['toy'])
})
