/** What the tests of the benchmark page share, the long ones too. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer'
import { expect } from 'vitest'
import type { Report } from '../../bench/report.js'

/** Leaves just these cases and peers chosen. */
export async function choose(page: Page, names: readonly string[]) {
  await page.$$eval(
    '#choices input[name]',
    (inputs, names) => {
      for (const input of inputs as HTMLInputElement[]) {
        if (!input.disabled && input.checked !== names.includes(input.value)) input.click()
      }
    },
    names,
  )
}

/** Runs what is chosen; the state that the page ends in. */
export async function run(page: Page): Promise<string> {
  await page.click('#run')
  const bench = await page.waitForSelector('#bench:not([data-state=running]):not([data-state=ready])', {
    timeout: 0, // the test has its own
  })
  return (await bench?.evaluate((node) => (node as HTMLElement).dataset.state)) ?? ''
}

/** Downloads the report as a person does. */
export async function download(page: Page): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'noiseshape-benchmark-'))
  const session = await page.createCDPSession()
  try {
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allow',
      downloadPath: folder,
      eventsEnabled: true,
    })
    const name = new Promise<string>((resolve) => {
      session.once('Browser.downloadWillBegin', ({ suggestedFilename }) => resolve(suggestedFilename))
    })
    const done = new Promise<void>((resolve) => {
      session.on('Browser.downloadProgress', ({ state }) => {
        if (state === 'completed') resolve()
      })
    })
    await page.waitForSelector('#download')
    await page.click('#download')
    expect(await name).toMatch(/^noiseshape-bench-\d{4}-\d\d-\d\d\.json$/)
    await done
    return JSON.parse(await readFile(join(folder, await name), 'utf8'))
  } finally {
    await rm(folder, { recursive: true })
  }
}
