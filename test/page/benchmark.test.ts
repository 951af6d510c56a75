/** The benchmark page as a person uses it: what it measures is asserted, not how fast that was. All peers: test/long/page. */

import { readFileSync } from 'node:fs'
import type { Page } from 'puppeteer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cases } from '../../bench/cases.js'
import type { Measured } from '../../bench/report.js'
import { markdownTables } from '../../bench/tables.js'
import { verdict } from '../../site/benchmark/verdict.js'
import { type Served, servePage } from '../support/browser.js'
import { choose, download, ended, reportOf, run, shownFrom, stubMeasuring } from './measuring.js'
import { layoutShift, scrollWidth, site, text, useBrowser, useVisit } from './visit.js'

const address = () => site('benchmark.html')

const chosen = (page: Page, name: string) =>
  page.$$eval(`[name=${name}]:checked`, (all) => all.map((each) => (each as HTMLInputElement).value))

/** Where a peer is faster. */
const losing = { Dropout: { noiseshape: 20, 'hash-kernel': 15, 'tensorflow-webgpu': 90 } }

describe('the verdict', () => {
  test('compares with the copy and with the others', () => {
    const report = reportOf({
      SpatialDropout1D: { noiseshape: 13, 'tensorflow-webgpu': 117, 'hash-kernel': 52 },
    })
    expect(verdict(report, 'here')).toEqual([
      'SpatialDropout1D costs 1.3 times a copy here; a hand-written kernel takes 4 times as long and TensorFlow.js 9 times.',
    ])
  })

  test('says so where another is faster, or as fast', () => {
    const report = reportOf({ Dropout: { noiseshape: 20, 'hash-kernel': 15, 'tensorflow-webgpu': 20.5 } })
    expect(verdict(report, 'here')).toEqual([
      'Dropout costs 2 times a copy here; TensorFlow.js takes as long; a hand-written kernel is faster than noiseshape here, at 0.75 of its time.',
    ])
  })

  test('names those that are faster in cases that it does not spell out', () => {
    const report = reportOf({
      DropPath: { noiseshape: 10, 'hash-kernel': 50 },
      'Dropout, 2^10 elements': { noiseshape: 4, 'hash-kernel': 1 },
      'Dropout, 2^12 elements': { noiseshape: 4, 'hash-kernel': 3 },
      'Dropout, 2^14 elements': { noiseshape: 4, 'hash-kernel': 6 },
    })
    expect(verdict(report, 'here')).toEqual([
      'DropPath costs about as much as a copy here; a hand-written kernel takes 5 times as long.',
      'A hand-written kernel is faster than noiseshape in 2 of 4 measurements here, up to 4 times as fast.',
    ])
  })

  test('is about the CPU where there is no GPU, and compares both where both were measured', () => {
    const onCpu = { 'noiseshape-cpu-output': 80, 'math-random': 40 }
    expect(verdict(reportOf({ Dropout: onCpu }), 'here')).toEqual([
      'Dropout costs 8 times a copy on the CPU here; a plain loop with Math.random() is faster than noiseshape on the CPU here, at 0.5 of its time.',
    ])
    expect(verdict(reportOf({ Dropout: { noiseshape: 20, ...onCpu } }), 'here')).toContain(
      'Dropout: noiseshape takes 20 ms on WebGPU and 80 ms on the CPU.',
    )
    expect(verdict(reportOf({ Dropout: { 'math-random': 4 } }), 'here').join()).toContain('not measured')
  })

  test('on the CPU, compares a new array with those who make one, and one that is used again with others', () => {
    const report = reportOf({
      Dropout: {
        'noiseshape-cpu': 90,
        'noiseshape-cpu-output': 60,
        'tensorflow-cpu': 180,
        'tensorflow-wasm': 180,
      },
    })
    expect(verdict(report, 'here')).toEqual([
      'Dropout costs 6 times a copy on the CPU here, and 9 times with a new array; TensorFlow.js takes 2 times as long and TensorFlow.js on wasm 3 times.',
    ])
  })

  test('compares noiseshape/tfjs on wasm with TensorFlow.js there, and noiseshape/cpu with the others', () => {
    const measured = { 'noiseshape-cpu-output': 40, 'math-random': 80, 'tensorflow-wasm': 20 }
    const report = reportOf({ SpatialDropout1D: { ...measured, 'noiseshape-tensorflow-wasm': 20 } })
    expect(verdict(report, 'here')).toEqual([
      'SpatialDropout1D costs 4 times a copy on the CPU here; a plain loop with Math.random() takes 2 times as long.',
      "SpatialDropout1D costs 2 times a copy on TensorFlow.js' wasm backend; TensorFlow.js on wasm takes as long.",
    ])
  })
})

describe('with WebGPU', () => {
  const browser = useBrowser({ webgpu: true })

  test.each([1280, 390])('nothing moves while it loads, %i pixels wide', async (width) => {
    expect(await layoutShift(browser(), address(), width)).toBeLessThan(0.01)
  })

  describe('as `npm start` serves it, with measuring stubbed', () => {
    let sources: Served
    beforeAll(async () => {
      sources = await servePage()
    })
    afterAll(() => sources?.close())
    const here = useVisit(browser, () => `${sources.url}benchmark.html`, {
      width: 390,
      height: 844,
      before: stubMeasuring,
    })

    test('one button on the first screen, of a phone too, says about how long it takes', async () => {
      const { page } = here()
      const bottom = () => page.$eval('#measure', (button) => button.getBoundingClientRect().bottom)
      expect(await text(page, 'measure')).toMatch(/^Measure this machine \(about \d+ s\)$/)
      expect(await bottom()).toBeLessThan(844)
      await page.setViewport({ width: 1440, height: 900 })
      expect(await bottom()).toBeLessThan(900)
    })

    test('before a run it shows what the repository has, as the file says it', async () => {
      const { page } = here()
      const [, ...sections] = readFileSync('bench/RESULTS.md', 'utf8').split(/^## /m)
      const labels = await page.$$eval('#source option', (all) => all.map((each) => each.textContent ?? ''))
      expect(labels).toHaveLength(sections.length)
      for (const [i, section] of sections.entries()) {
        const [title] = section.split('\n')
        expect(labels[i].startsWith(title), labels[i]).toBe(true)
        await page.select(
          '#source',
          await page.$$eval('#source option', (all, i) => (all[i] as HTMLOptionElement).value, i),
        )
        const columns =
          /^\| case \| copy \|(.*)\|$/m
            .exec(section)?.[1]
            .split('|')
            .map((cell) => cell.trim()) ?? []
        const row =
          /^\| spatial1d, rate 0.1 \|(.*)\|$/m
            .exec(section)?.[1]
            .split('|')
            .map((cell) => cell.trim()) ?? []
        expect(columns).toContain('noiseshape')
        const shown = await page.$eval('table[aria-label="spatial1d, rate 0.1, gpu"]', (table) => {
          const heads = Array.from(table.querySelectorAll('thead th'), (head) => head.textContent)
          const rows = Array.from(table.querySelectorAll('tbody tr'))
          return rows.map(({ children }) => children[heads.indexOf('times the copy')].textContent)
        })
        expect(shown).toEqual(['1×', ...row.slice(1).map((cell) => `${Number.parseFloat(cell)}×`)])
        expect(await text(page, 'about')).toContain('not measured on this machine')
        const runtime = /^Runtime: (.*?),/m.exec(section)?.[1]
        expect(await text(page, 'about')).toContain(runtime)
      }
      const [first] = await page.$$eval('#source option', (all) => all.map((each) => each.value))
      await page.select('#source', first)
      expect(await page.evaluate(() => location.hash)).toBe('')
    })

    test('it measures a few cases, and shows each as it comes, then the verdict', async () => {
      const { page } = here()
      await page.click('#measure')
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('cancel')
      const selection = await page.evaluate(() => globalThis.stub.selection)
      expect(selection).toMatchObject({ cases: ['elementwise', 'spatial1d'], quick: true })
      const first = reportOf({ Dropout: { noiseshape: 20, 'tensorflow-webgpu': 90 } })
      await page.evaluate((report) => {
        globalThis.stub.hooks.onProgress({ share: 0.5, what: 'spatial1d, rate 0.1: round 1 of 3' })
        globalThis.stub.hooks.onCase(report)
      }, first)
      expect(await text(page, 'doing')).toBe('50 %, spatial1d, rate 0.1: round 1 of 3')
      expect(await text(page, 'status')).toBe('50 % measured.')
      expect(await text(page, 'verdict')).toBe(verdict(first, 'here')[0])
      expect(await shownFrom(page)).toContain('partial')
      const whole = reportOf({ ...losing, SpatialDropout1D: { noiseshape: 13, 'tensorflow-webgpu': 39 } })
      await page.evaluate((report) => globalThis.stub.finish(report), whole)
      expect(await ended(page)).toBe('done')
      expect(await text(page, 'verdict')).toContain('a hand-written kernel is faster than noiseshape here')
      expect(await text(page, 'findings')).toBe(
        'SpatialDropout1D costs 1.3 times a copy here; TensorFlow.js takes 3 times as long.',
      )
      expect(await shownFrom(page)).toMatch(/^This machine, acme one, .*2026/)
      expect(await shownFrom(page)).not.toContain('partial')
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('measure')
      expect(await text(page, 'measure'), 'as long as it took').toMatch(
        /^Measure this machine \(about \d+ s\)$/,
      )
    })

    test('results are copied as Markdown and as JSON', async () => {
      const { page } = here()
      const permissions = ['clipboard-read', 'clipboard-sanitized-write'] as const
      await page.browserContext().overridePermissions(new URL(page.url()).origin, [...permissions])
      await page.bringToFront()
      const copied = async (button: string) => {
        await page.click(`#${button}`)
        await page.waitForFunction(() => document.getElementById('copied')?.textContent?.startsWith('Copied'))
        return page.evaluate(() => navigator.clipboard.readText())
      }
      const report = JSON.parse(await copied('copy-json'))
      expect(report).toMatchObject({ format: 1, machine: { runtime: 'Chrome 150' } })
      expect(await copied('copy-markdown')).toBe(`${markdownTables(report)}\n`)
      expect(await text(page, 'status')).toBe('Copied as Markdown.')
    })

    test('results of this machine stay beside those of the repository, also after a reload', async () => {
      const { page } = here()
      const second = await page.$$eval('#source option', (all) => all[1].value)
      await page.select('#source', second)
      expect(await text(page, 'verdict')).toContain('google swiftshader')
      expect(await page.$('#copy-json:not([hidden])')).toBeNull()
      await page.reload()
      await page.waitForSelector('#bench[data-state=ready]')
      expect(await page.$eval('#source', (list) => (list as HTMLSelectElement).value)).toBe(second)
      await page.select('#source', 'here')
      expect(await text(page, 'verdict')).toContain('here')
      expect(await shownFrom(page)).toMatch(/^This machine, acme one/)
    })

    test('a case opens with the keyboard, to a plot and to what its rows are', async () => {
      const { page } = here()
      await page.focus('.case:first-child > summary')
      for (const open of [false, true]) {
        await page.keyboard.press('Enter')
        expect(await page.$eval('.case', (details) => (details as HTMLDetailsElement).open)).toBe(open)
      }
      await page.waitForSelector('.case .plot svg')
      await page.click('.case .terms summary')
      expect(await page.$eval('.case .terms', (node) => node.textContent)).toContain('pcg hash')
    })

    test('what an older version of the page kept is dropped', async () => {
      const { page } = here()
      await page.evaluate(() => {
        const broken = { report: { format: 1, cases: [{}], peers: [] }, ending: 'done' }
        localStorage.setItem('noiseshape/benchmark/results', JSON.stringify(broken))
      })
      await page.reload()
      await page.waitForSelector('#bench[data-state=ready]')
      expect(await text(page, 'about')).toContain('not measured on this machine')
    })
  })

  describe('and a real run', () => {
    const here = useVisit(browser, address)

    test('it measures the small case to a verdict, a plot, a table and a report, and keeps them', async () => {
      const { page } = here()
      expect(await text(page, 'badge')).toMatch(/^WebGPU on /)
      await choose(page, ['small', 'noiseshape', 'hash-kernel', 'noiseshape-cpu'])
      expect(await run(page)).toBe('done')
      expect(await text(page, 'run-error')).toBe('')
      await page.waitForFunction(() => document.querySelectorAll('.case .plot svg[role=img]').length === 2)
      const heads = await page.$$eval('.case tbody th', (all) => all.map((each) => each.textContent))
      expect(heads).toEqual([
        expect.stringMatching(/^the copy baseline: copy kernel/),
        'noiseshape',
        'hand-written kernel, pcg hash per element',
        'the copy baseline: TypedArray.set',
        'noiseshape/cpu',
      ])
      expect(await text(page, 'about')).toContain('Cold start: ')
      const report = await download(page)
      expect(report).toMatchObject({ format: 1, quick: true, notes: [] })
      expect(report.machine.adapter?.architecture).toBe('swiftshader')
      const [{ name, rate, elements, entrants }] = report.cases
      expect({ name, rate, elements }).toEqual({ name: 'small', rate: 0.1, elements: 32 * 768 })
      for (const entrant of entrants as Measured[]) {
        expect(entrant.status).toBe('ok')
        for (const value of [entrant.median, entrant.min, entrant.ratio, entrant.gbPerS]) {
          expect(value).toBeGreaterThan(0)
        }
      }
      const [first] = verdict(report, 'here')
      expect(await text(page, 'verdict')).toBe(first)
      expect(await text(page, 'status')).toBe(`Done. ${first}`)

      await page.reload()
      await page.waitForSelector('#bench[data-state=ready]')
      expect(await text(page, 'verdict')).toBe(first)
      expect(await shownFrom(page)).toMatch(/^This machine, google swiftshader \(software\), .*\d{4}/)
      expect(await download(page)).toEqual(report)
      expect(await chosen(page, 'case')).toEqual(['small'])
      expect(await chosen(page, 'peer')).toEqual(['noiseshape', 'hash-kernel', 'noiseshape-cpu'])
    })
  })
})

describe('without WebGPU', () => {
  const here = useVisit(useBrowser({ webgpu: false }), address)

  test('presets choose cases; every choice has a name and a meaning', async () => {
    const { page } = here()
    await page.click('#detail > summary')
    expect((await chosen(page, 'case')).length).toBeLessThan(cases.length)
    await page.click('#presets button:last-child')
    expect(await chosen(page, 'case')).toEqual(cases.map(({ name }) => name))
    expect(await page.$eval('#quick', (box) => (box as HTMLInputElement).checked)).toBe(false)
    await page.click('#presets button:first-child')
    expect(await page.$eval('#quick', (box) => (box as HTMLInputElement).checked)).toBe(true)
    const names = await page.$$eval('input', (all) =>
      all.map((each) => each.labels?.[0]?.textContent?.trim()),
    )
    expect(names.filter((name) => !name)).toEqual([])
    const explained = await page.$$eval('#choices dt', (all) => all.map((each) => each.textContent))
    const chips = await page.$$eval('#choices .chips:not(#sweep) label', (all) =>
      all.map((each) => each.textContent),
    )
    expect(explained).toEqual(expect.arrayContaining(chips))
  })

  test('choices are in the address: a link brings them, and so does the way back', async () => {
    const { page } = here()
    await choose(page, ['small', 'sweep-2^10', 'math-random'])
    await page.click('#quick')
    const link = page.url()
    expect(new URLSearchParams(new URL(link).hash.slice(1)).get('cases')).toBe('small,sweep-2^10')
    await page.goto('about:blank')
    await page.goto(link)
    await page.waitForSelector('#bench[data-state=ready]')
    expect(await chosen(page, 'case')).toEqual(['small', 'sweep-2^10'])
    expect(await chosen(page, 'peer')).toEqual(['math-random'])
    expect(await page.$eval('#quick', (box) => (box as HTMLInputElement).checked)).toBe(false)
    await page.evaluate(() => {
      location.hash = '#cases=droppath,no-such-case'
    })
    await page.waitForFunction(() => document.querySelectorAll('[name=case]:checked').length === 1)
    expect(await chosen(page, 'case')).toEqual(['droppath'])
    await page.goBack()
    await page.waitForFunction(() => document.querySelectorAll('[name=case]:checked').length === 2)
    expect(await chosen(page, 'peer')).toEqual(['math-random'])
    await page.click('#quick')
  })

  test('it says why, and measures the peers on the CPU', async () => {
    const { page } = here()
    expect(await text(page, 'badge')).toContain('CPU')
    expect(await text(page, 'no-gpu')).toMatch(/adapter|WebGPU/)
    expect(
      await page.$$eval('#gpu input', (all) => all.every((each) => (each as HTMLInputElement).disabled)),
    ).toBe(true)
    await choose(page, ['small', 'noiseshape-cpu', 'math-random'])
    expect(await run(page)).toBe('done')
    expect(await text(page, 'verdict')).toContain('on the CPU here')
    const report = await download(page)
    expect(report.machine.adapter).toBeUndefined()
    expect(report.machine.noAdapter).toBeTruthy()
    expect(report.coldStart).toBeUndefined()
    expect(report.cases[0].entrants.map(({ peer, status }) => [peer, status])).toEqual([
      ['typed-array-set', 'ok'],
      ['noiseshape-cpu', 'ok'],
      ['math-random', 'ok'],
    ])
  })

  test('a run can be cancelled with the keyboard, and another one started', async () => {
    const { page } = here()
    const sweep = cases.map(({ name }) => name).filter((name) => name.startsWith('sweep'))
    await choose(page, [...sweep, 'noiseshape-cpu'])
    await page.focus('#run')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.getElementById('doing')?.textContent?.includes('checking'))
    expect(await page.$$eval('fieldset', (all) => all.every((each) => each.disabled))).toBe(true)
    await page.keyboard.press('Enter') // the focus is on Cancel
    await page.waitForSelector('#bench[data-state=cancelled]')
    expect(await text(page, 'status')).toMatch(/^Cancelled/)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('run')
    await choose(page, ['small', 'noiseshape-cpu'])
    expect(await run(page)).toBe('done')
  })

  test('a run of nothing is refused with a sentence', async () => {
    const { page } = here()
    await choose(page, ['noiseshape-cpu'])
    expect(await run(page)).toBe('error')
    expect(await text(page, 'choice-error')).toContain('No case is chosen')
    await choose(page, ['small'])
    expect(await run(page)).toBe('error')
    expect(await text(page, 'choice-error')).toContain('No peer is chosen')
  })

  test('a narrow window has no horizontal scroll, before a run and after it', async () => {
    const { page } = here()
    await page.setViewport({ width: 390, height: 900 })
    expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
    await choose(page, ['small', 'sweep-2^10', 'sweep-2^12', 'noiseshape-cpu'])
    expect(await run(page)).toBe('done')
    await page.waitForSelector('.case .plot svg')
    await page.$$eval('details', (all) => {
      for (const each of all) each.open = true
    })
    expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
  })

  test('on a touch screen every target is 44 pixels high, and no text field makes a phone zoom in', async () => {
    const { page } = here()
    await page.setViewport({ width: 390, height: 844, hasTouch: true, isMobile: true })
    await page.waitForSelector('#bench[data-state=ready]') // it was loaded again
    await page.$$eval('details', (all) => {
      for (const each of all) each.open = true
    })
    const small = await page.$$eval('main :is(button, a, summary, select, .chips span, .check)', (all) =>
      all
        .filter((each) => each.getClientRects().length > 0 && each.getBoundingClientRect().height < 44)
        .map((each) => `${each.id || each.textContent}: ${each.getBoundingClientRect().height}`),
    )
    expect(small).toEqual([])
    expect(
      await page.$eval('#source', (list) => Number.parseFloat(getComputedStyle(list).fontSize)),
    ).toBeGreaterThanOrEqual(16)
    await page.setViewport({ width: 1280, height: 900 })
    await page.waitForSelector('#bench[data-state=ready]')
  })

  test('in forced colours a choice that is made is told from one that is not', async () => {
    const { page } = here()
    const session = await page.createCDPSession()
    await session.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'forced-colors', value: 'active' }],
    })
    const background = (state: string) =>
      page.$eval(`[name=case]${state} + span`, (chip) => getComputedStyle(chip).backgroundColor)
    expect(await background(':checked')).not.toBe(await background(':not(:checked)'))
    await session.send('Emulation.setEmulatedMedia', { features: [] })
  })

  test('the tabs lead to the other pages and back', async () => {
    const { page } = here()
    await Promise.all([page.waitForNavigation(), page.click('.tabs a:first-child')])
    await page.waitForSelector('#learn[data-state=ready]')
    await Promise.all([page.waitForNavigation(), page.click('.tabs a[href$="benchmark.html"]')])
    await page.waitForSelector('#bench[data-state=ready]')
  })
})
