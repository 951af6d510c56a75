/**
 * Runs Vitest's browser mode in our own headless Chrome: the ready-made providers bring a second browser driver and its
 * downloads, and this is all that is needed of them.
 */

import { defineBrowserProvider } from '@vitest/browser'
import type { Browser } from 'puppeteer'
import type { BrowserProvider } from 'vitest/node'
import { launchBrowser } from './browser.ts'

export const puppeteer = () =>
  defineBrowserProvider({
    name: 'puppeteer',
    supportedBrowser: ['chrome'],
    providerFactory: () => new PuppeteerProvider(),
  })

class PuppeteerProvider implements BrowserProvider {
  readonly name = 'puppeteer'
  /** One page after the other: there is one software GPU, and files that share it would only wait for each other. */
  readonly supportsParallelism = false
  #browser: Promise<Browser> | undefined

  getCommandsContext() {
    return {}
  }

  /** Opens Vitest's page, which connects back to Vitest and runs the test files in frames of its own. */
  async openPage(_sessionId: string, url: string) {
    this.#browser ??= launchBrowser({ webgpu: true })
    const page = await (await this.#browser).newPage()
    await page.goto(url, { timeout: 0 })
  }

  async close() {
    const browser = await this.#browser?.catch(() => undefined)
    this.#browser = undefined
    await browser?.close()
  }
}
