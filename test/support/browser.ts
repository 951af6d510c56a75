/** What tests that drive a browser from Node need: the browser, and something on 127.0.0.1 for it to open. */

import { type Browser, launch, type Page } from 'puppeteer'
import { createServer, preview } from 'vite'
import { chromeFlags, findBrowser, findFirefox, NO_BROWSER } from '../../scripts/browser.mjs'

/** Puppeteer's own limits, of 30 and 180 seconds, are within reach of a busy machine. */
const PATIENCE = { timeout: 5 * 60_000, protocolTimeout: 10 * 60_000 }

interface ChromeOptions {
  /** False: a browser that has no adapter, as on a machine without a GPU. */
  webgpu: boolean
  /** Further command-line flags. */
  flags?: string[]
}

/** A headless Chrome. */
export async function launchBrowser({ webgpu, flags = [] }: ChromeOptions): Promise<Browser> {
  const executablePath = await findBrowser()
  if (!executablePath) throw new Error(NO_BROWSER)
  // Over a pipe, because the browser then ends with this process however that ends.
  return launch({
    executablePath,
    headless: true,
    pipe: true,
    args: [...chromeFlags({ webgpu }), ...flags],
    ...PATIENCE,
  })
}

/** A headless Firefox, driven by WebDriver BiDi; undefined where there is none (`npm run test:long` may install one). */
export async function launchFirefox(): Promise<Browser | undefined> {
  const executablePath = findFirefox()
  return executablePath
    ? launch({ browser: 'firefox', executablePath, headless: true, ...PATIENCE })
    : undefined
}

/** Lets the software adapter pass for a graphics card in the documents that a page opens from now on. */
export async function pretendHardware(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const info = { vendor: 'test', architecture: 'hardware', description: '', isFallbackAdapter: false }
    Object.defineProperty(GPUAdapter.prototype, 'info', { value: info })
  })
}

/** Notes what goes wrong in a page from now on: exceptions, console errors, requests that leave `url`. */
export function watch(page: Page, url: string): string[] {
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(`uncaught: ${error instanceof Error ? error.message : error}`))
  page.on('console', (message) => {
    // When a page is left, the one kept for the back button loses the connection by which Vite would reload it.
    if (/WebSocket.*Page entered Back-Forward Cache/.test(message.text())) return
    if (message.type() === 'error') wrong.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(url)) {
      wrong.push(`left this machine: ${request.url()}`)
    }
  })
  return wrong
}

export interface Served {
  /** With a slash at its end. 127.0.0.1 is a secure context, so WebGPU is there. */
  url: string
  close(): Promise<void>
}

/** The pages as `npm start` serves them, on a free port; a file saved meanwhile does not reload them. */
export async function servePage(): Promise<Served> {
  const options = { host: '127.0.0.1', port: 0, hmr: false, watch: null }
  const server = await createServer({ logLevel: 'error', server: options })
  await server.listen()
  return served(server)
}

/** A folder of built files, on a free port, under a path; what is not there is answered with 404. */
export async function serveFolder(folder: string, base = '/'): Promise<Served> {
  const options = {
    root: folder,
    base,
    appType: 'mpa' as const,
    build: { outDir: '.' },
    preview: { host: '127.0.0.1', port: 0 },
  }
  return served(await preview({ ...options, configFile: false, logLevel: 'error' }))
}

function served(server: { resolvedUrls: { local: string[] } | null; close(): Promise<void> }): Served {
  const url = server.resolvedUrls?.local[0]
  if (!url) throw new Error('internal: the server has no address')
  return { url, close: () => server.close() }
}
