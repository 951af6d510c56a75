/** The page of an example, bundled by Vite, in headless Chrome on SwiftShader. */

import { join } from 'node:path'
import type { Page } from 'puppeteer'
import { build } from 'vite'
import { expect } from 'vitest'
import { launchBrowser, pretendHardware, serveFolder, watch } from './browser.ts'

/** Builds a project, opens its page, and reads what it shows once `shown` is there; fails if anything goes wrong. */
export async function visitExample<T>(
  project: string,
  { hardware, shown }: { hardware: boolean; shown: string },
  read: (page: Page) => Promise<T>,
): Promise<T> {
  await build({ root: project, logLevel: 'error' })
  const server = await serveFolder(join(project, 'dist'))
  const browser = await launchBrowser({ webgpu: true })
  try {
    const page = await browser.newPage()
    if (hardware) await pretendHardware(page) // as its users run it: a software adapter is left by default
    const wrong = watch(page, server.url)
    const failed = new Promise<void>((resolve) => {
      page.on('pageerror', () => resolve())
      page.on('console', (message) => message.type() === 'error' && resolve())
    })
    await page.goto(server.url)
    await Promise.race([page.waitForSelector(shown, { timeout: 0 }), failed])
    expect(wrong).toEqual([])
    const result = await read(page)
    expect(wrong).toEqual([])
    return result
  } finally {
    await browser.close()
    await server.close()
  }
}

/** The cells of all rows of a table, or of a part of it. */
export function readTable(page: Page, selector: string): Promise<string[][]> {
  return page.$$eval(`${selector} tr`, (rows) =>
    rows.map((row) => Array.from(row.children, (cell) => cell.textContent ?? '')),
  )
}

export function text(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent ?? '')
}
