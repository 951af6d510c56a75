/**
 * The documentation on the site: each Markdown file of docs/ is a page, made when it is asked for or built. Beside the pages
 * lie their Markdown, their pictures, llms.txt and llms-full.txt.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { allPages, type DocsPage, ROOT, readContents, readSource } from './contents.ts'
import { llmsFullTxt, llmsTxt } from './llms.ts'
import { renderPage } from './page.ts'

const SITE = join(ROOT, 'site')
const DOCS = join(ROOT, 'docs')

/** The pages' addresses on the disk, as Vite's entries. Only this plugin knows that no such files exist. */
export function docsEntries(): string[] {
  return allPages(readContents()).map(({ file }) => resolve(SITE, file))
}

/** `site` is the address under which the pages are published, where it is known. */
export const docs = (site = process.env.SITE_URL): Plugin => ({
  name: 'docs',
  enforce: 'pre',

  resolveId: (id) => (pageAt(id) ? id : undefined),
  load(id) {
    const page = pageAt(id)
    return page && render(page)
  },
  generateBundle() {
    for (const [fileName, read] of Object.entries(filesBeside(site))) {
      this.emitFile({ type: 'asset', fileName, source: read() })
    }
  },

  configureServer(server) {
    server.watcher.add(DOCS)
    server.watcher.on('change', (path) => {
      if (path.startsWith(DOCS)) server.ws.send({ type: 'full-reload' })
    })
    server.middlewares.use(async (request, response, next) => {
      try {
        const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1)
        if (!/^(docs|llms)/.test(path)) return next()
        const file = path === 'docs/' ? 'docs/index.html' : path
        const page = allPages(readContents()).find((page) => page.file === file)
        const content = page
          ? await server.transformIndexHtml(`/${file}`, render(page))
          : filesBeside(site)[file]?.()
        if (content === undefined) return next()
        response.setHeader('content-type', typeOf(file))
        response.end(content)
      } catch (error) {
        next(error)
      }
    })
  },
})

function pageAt(id: string): DocsPage | undefined {
  if (!id.endsWith('.html')) return undefined
  return allPages(readContents()).find(({ file }) => resolve(SITE, file) === resolve(id))
}

function render(page: DocsPage): string {
  return renderPage(page, readContents(), repositoryFiles())
}

/** What the site has besides the pages, by file name: read when it is asked for. */
function filesBeside(site: string | undefined): Record<string, () => string | Uint8Array> {
  const contents = readContents()
  const pictures = readdirSync(DOCS).filter((name) => name.endsWith('.png'))
  return {
    'llms.txt': () => llmsTxt(contents, site),
    'llms-full.txt': () => llmsFullTxt(contents),
    ...Object.fromEntries(allPages(contents).map(({ source }) => [source, () => readSource(source)])),
    ...Object.fromEntries(pictures.map((name) => [`docs/${name}`, () => readFileSync(join(DOCS, name))])),
  }
}

function typeOf(file: string): string {
  if (file.endsWith('.html')) return 'text/html; charset=utf-8'
  if (file.endsWith('.png')) return 'image/png'
  return file.endsWith('.md') ? 'text/markdown; charset=utf-8' : 'text/plain; charset=utf-8'
}

/** Where the repository's files can be read, if package.json names the repository. */
function repositoryFiles(): string | undefined {
  const { repository } = JSON.parse(readSource('package.json'))
  const address = typeof repository === 'string' ? repository : repository?.url
  return address && `${address.replace(/^git\+/, '').replace(/\.git$/, '')}/blob/HEAD`
}
