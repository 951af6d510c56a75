// @ts-check
// Pictures of the pages, as a person with a light theme and no GPU sees them.

import { join } from 'node:path'
import { launch } from 'puppeteer'
import { createServer } from 'vite'
import { chromeFlags } from './browser.mjs'
import { root } from './setup.mjs'

/** @typedef {{ page: string, width: number, height: number }} Picture */

/** The size of the first is what other sites show beside a link. */
export const PICTURES = {
  'site/public/og.png': { page: 'index.html?embed=1', width: 1200, height: 630 },
  'docs/toy.png': { page: 'index.html?embed=1', width: 1000, height: 640 },
  'docs/uncertainty.png': { page: 'uncertainty.html#example=15', width: 1280, height: 840 },
}

/**
 * Writes a picture to `path`, a PNG.
 *
 * @param {Picture} picture
 * @param {string} path
 * @param {string} executablePath
 */
export async function photograph({ page: address, width, height }, path, executablePath) {
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
    await page.setViewport({ width, height })
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
    await page.goto(`${server.resolvedUrls?.local[0]}${address}`)
    await page.waitForSelector('main[data-state=ready]')
    await page.screenshot({ path: /** @type {`${string}.png`} */ (path) })
  } finally {
    await browser.close()
    await server.close()
  }
}
