// @ts-check
// A picture of the toy of the first page, in the size that other sites show beside a link.

import { join } from 'node:path'
import { launch } from 'puppeteer'
import { createServer } from 'vite'
import { chromeFlags } from './browser.mjs'
import { root } from './setup.mjs'

const SIZE = { width: 1200, height: 630 }

/** Writes the picture to `path`, a PNG. */
export async function photograph(/** @type {string} */ path, /** @type {string} */ executablePath) {
  const server = await createServer({
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
  })
  await server.listen()
  const args = chromeFlags({ webgpu: false })
  const browser = await launch({ executablePath, headless: true, pipe: true, args })
  try {
    const page = await browser.newPage()
    await page.setViewport(SIZE)
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
    await page.goto(`${server.resolvedUrls?.local[0]}index.html?embed=1`)
    await page.waitForSelector('main[data-state=ready]')
    await page.screenshot({ path: /** @type {`${string}.png`} */ (path) })
  } finally {
    await browser.close()
    await server.close()
  }
}
