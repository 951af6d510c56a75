/** What the tests of the pages share: opening a page, waiting for its answer, reading what it shows. */

import type { Browser, Page } from 'puppeteer'
import { afterAll, beforeAll, expect, inject } from 'vitest'
import { launchBrowser, watch } from '../support/browser.js'

/** The address of a page, as test/support/pages-server.ts serves it. */
export const site = (page: string) => inject('pages') + page

export function useBrowser(options: { webgpu: boolean }): () => Browser {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser(options)
  })
  afterAll(() => browser?.close())
  return () => browser
}

/** One visit for all tests of a `describe`, because loading a page takes most of it. */
export function useVisit(browser: () => Browser, address: () => string, window?: Window): () => Visit {
  let visit: Visit
  beforeAll(async () => {
    visit = await open(browser(), address(), window)
  })
  afterAll(() => expectNothingWrong(visit))
  return () => visit
}

export function expectNothingWrong({ wrong }: Visit): void {
  expect(wrong, 'console errors, failed requests and requests to other hosts').toEqual([])
}

export interface Visit {
  page: Page
  /** Errors, failed requests and requests to other hosts so far. */
  wrong: string[]
}

interface Window {
  width?: number
  height?: number
  /** Done to the page before it is opened. */
  before?: (page: Page) => Promise<void>
}

/** Opens a page of a served site and waits until it is ready. */
export async function open(
  browser: Browser,
  address: string,
  { width = 1280, height = 900, before }: Window = {},
): Promise<Visit> {
  const page = await browser.newPage()
  await before?.(page)
  const site = new URL('./', address.replace(/docs\/.*$/, '')).href // the documentation is in a folder of it
  const wrong = watch(page, site)
  await page.setViewport({ width, height })
  await page.goto(address)
  await settled(page)
  return { page, wrong }
}

/** The state of the page once it is no longer starting or at work. */
export async function settled(page: Page): Promise<string> {
  const main = await page.waitForSelector(
    'main:is([data-state=ready], [data-state=error], [data-state=blank])',
  )
  return (await main?.evaluate((node) => (node as HTMLElement).dataset.state)) ?? ''
}

export const text = (page: Page, id: string) => page.$eval(`#${id}`, (node) => node.textContent?.trim() ?? '')

/** Replaces what is in a field and waits for the answer. */
export async function type(page: Page, id: string, what: string): Promise<string> {
  await page.click(`#${id}`, { count: 3 })
  await page.keyboard.press('Backspace')
  await page.keyboard.sendCharacter(what) // at once, as pasted: the page would answer each letter
  return settled(page)
}

/** The width that the page needs. */
export const scrollWidth = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth)

/**
 * How far things move while a page loads: the cumulative layout shift, of which 0.1 is what browsers call good. The GPU
 * is held back until the page has been painted, so that results arrive on a page that is already seen, as they do on
 * a slow machine.
 */
export async function layoutShift(browser: Browser, address: string, width: number): Promise<number> {
  const page = await browser.newPage()
  try {
    await page.evaluateOnNewDocument(() => {
      Object.assign(globalThis, { shift: 0 })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          Object.assign(globalThis, { shift: Reflect.get(globalThis, 'shift') + Reflect.get(entry, 'value') })
        }
      }).observe({ type: 'layout-shift', buffered: true })
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
      const { requestAdapter } = GPU.prototype
      GPU.prototype.requestAdapter = async function (...options) {
        while (performance.getEntriesByName('first-contentful-paint').length === 0) await frame()
        await frame()
        return requestAdapter.apply(this, options)
      }
    })
    await page.setViewport({ width, height: 2000 })
    await page.goto(address)
    await settled(page)
    return await page.evaluate(async () => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
      for (let frames = 0; frames < 3; frames++) await frame() // the last of it is painted, and reported
      return Reflect.get(globalThis, 'shift')
    })
  } finally {
    await page.close()
  }
}
