/** The pages as `npm run build:site` makes them, served under a path as GitHub Pages does, and the commands around them. */

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import type { Browser } from 'puppeteer'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { checkSite, FIRST_PAGE, LARGEST_FILE } from '../../scripts/site.mjs'
import { frame, pages } from '../../site/shared/frame.js'
import { launchBrowser, type Served, serveFolder } from '../support/browser.js'
import { expectNothingWrong, open } from './visit.js'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'noiseshape-site-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('built', () => {
  const dist = inject('builtPages')
  let served: Served
  let browser: Browser

  beforeAll(async () => {
    served = await serveFolder(dist, '/some/path/')
    browser = await launchBrowser({ webgpu: false })
  })
  afterAll(async () => {
    await browser?.close()
    await served?.close()
  })

  test('no file is larger than hosts take, and the first page is light', () => {
    const sizes = checkSite(dist)
    expect(sizes.largest.size).toBeLessThanOrEqual(25 * 2 ** 20)
    expect(sizes.firstPage).toBeLessThanOrEqual(100_000)
    expect(sizes.firstPage, 'its HTML and style are in it').toBeGreaterThan(2000)
  })

  const addresses = [
    ...pages.map(({ file }) => file),
    'uncertainty.html#runner=onnx',
    'docs/uncertainty.html', // with a picture
    'docs/reference/tfjs.html', // two folders down
  ]

  test.each(addresses)('%s works under a path, and nothing that it asks for is missing', async (address) => {
    const failed: string[] = []
    const asked: string[] = []
    const visit = await open(browser, served.url + address, {
      async before(page) {
        page.on('requestfailed', (request) => failed.push(request.url()))
        page.on('response', (response) => {
          asked.push(response.url())
          if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`)
        })
      },
    })
    expect(await visit.page.$eval('main', (main) => main.dataset.state)).toBe('ready')
    expect(failed).toEqual([])
    if (address.endsWith('onnx')) {
      expect(
        asked.filter((url) => url.endsWith('.packed')),
        'it runs from the packed file',
      ).toHaveLength(1)
    }
    expectNothingWrong(visit)
    await visit.page.close()
  })

  test('no link of the documentation is dead, and llms.txt names the Markdown beside its pages', async () => {
    const files = (await readdir(join(dist, 'docs'), { recursive: true })).filter((name) =>
      name.endsWith('.html'),
    )
    expect(files.length).toBeGreaterThan(20)
    const text = new Map<string, string>()
    const read = async (path: string) => {
      if (!text.has(path)) text.set(path, await readFile(join(dist, path), 'utf8'))
      return text.get(path) ?? ''
    }
    for (const name of files) {
      for (const { path, anchor } of await namedIn(dist, `docs/${name}`)) {
        if (anchor) expect(await read(path), `docs/${name}`).toContain(`id="${anchor}"`)
        else expect(existsSync(join(dist, path)), `docs/${name} names ${path}`).toBe(true)
      }
    }
    const listed = Array.from((await read('llms.txt')).matchAll(/\]\((.*?)\)/g), ([, path]) => path)
    expect(listed.length).toBe(files.length - 1)
    for (const path of listed) expect(existsSync(join(dist, path)), path).toBe(true)
  })
})

/** The links and files that a page names, from the folder of the site, with the anchor of a link. */
async function namedIn(folder: string, file: string) {
  const html = await readFile(join(folder, file), 'utf8')
  return Array.from(html.matchAll(/\s(?:href|src)="([^"]*)"/g), ([, address]) => address)
    .filter((address) => !/^(https?|data):/.test(address))
    .map((address) => {
      const [path, anchor] = address.split('#')
      return { path: path === '' ? file : posix.join(posix.dirname(file), path), anchor }
    })
}

/** A site of one page and one more file. */
async function site(name: string, file: string, bytes: Uint8Array | number) {
  const path = join(folder, name)
  await mkdir(path)
  await writeFile(join(path, 'index.html'), `<script type="module" src="./${file}"></script>`)
  await writeFile(join(path, file), typeof bytes === 'number' ? '' : bytes)
  if (typeof bytes === 'number') await truncate(join(path, file), bytes)
  return path
}

/** Bytes that gzip cannot make fewer. */
const noise = (length: number) => {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

test('a file above the limit is refused by name, one at the limit is not', async () => {
  const path = await site('large', 'large.bin', LARGEST_FILE)
  expect(checkSite(path).largest).toMatchObject({ name: 'large.bin', size: LARGEST_FILE })
  await truncate(join(path, 'large.bin'), LARGEST_FILE + 1)
  expect(() => checkSite(path)).toThrow(/large\.bin has 26214401 bytes/)
})

test('a first page above the limit is refused, with what it loads at once', async () => {
  expect(checkSite(await site('light', 'page.js', noise(FIRST_PAGE - 1000))).firstPage).toBeGreaterThan(
    FIRST_PAGE - 1000,
  )
  const heavy = await site('heavy', 'page.js', noise(FIRST_PAGE))
  expect(() => checkSite(heavy)).toThrow(/The first page has \d+ bytes with gzip/)
})

describe('what other sites show beside a link', () => {
  const html = `<!-- head --><meta name="description" content="About it." /><title>A title</title>`
  const head = (site: string | undefined) => {
    const { transformIndexHtml: hook } = frame(site)
    if (typeof hook !== 'object') throw new Error('internal: the plugin has another form')
    return String(hook.handler.call({} as never, html, { path: '/picture.html', filename: '' }))
  }

  test('names the page by the address that the site will have', () => {
    const made = head('https://example.com/some/path/')
    expect(made).toContain('<meta property="og:url" content="https://example.com/some/path/picture.html" />')
    expect(made).toContain('<meta property="og:title" content="A title" />')
    expect(made).toContain('<meta property="og:description" content="About it." />')
  })

  test('is left out while there is no address', () => {
    expect(head('')).not.toContain('og:')
  })
})
