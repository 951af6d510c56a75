/**
 * What every page has around its content: the head, the title and the tabs. A Vite plugin puts them in place of the
 * comments `<!-- head -->` and `<!-- header: what the page does -->`, in development and in the build.
 */

import { existsSync } from 'node:fs'
import type { Plugin } from 'vite'
import { THEME_KEY } from './theme-key.ts'

/** The pages, in the order of their tabs: file name, label, and whether a badge says what they run on. */
export const pages = [
  { file: 'index.html', label: 'Learn', badge: false },
  { file: 'picture.html', label: 'Picture', badge: true },
  { file: 'uncertainty.html', label: 'Uncertainty', badge: true },
  { file: 'benchmark.html', label: 'Benchmark', badge: true },
  { file: 'docs/index.html', label: 'Docs', badge: false }, // and all other pages in docs/: site/docs/
]

/** Made by `npm run pictures`. */
const PREVIEW_IMAGE = new URL('../public/og.png', import.meta.url)

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 4' shape-rendering='crispEdges'%3E%3Cpath fill='%232a5bd7' d='M0 0h1v4H0zM2 0h1v4H2zM1 1h1v1H1zM3 2h1v2H3z'/%3E%3C/svg%3E"

/** Before the first paint, or a page would flash in the other colours. It runs alone, so that nothing has to be loaded. */
const EARLY_THEME = `<script>
      try { document.documentElement.dataset.theme = localStorage.getItem('${THEME_KEY}') ?? 'system' } catch {}
    </script>`

/** `up` leads from a page to the folder of the site. */
const head = (up: string) => `<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="${ICON}" />
    ${EARLY_THEME}
    <link rel="stylesheet" href="${up}shared/style.css" />
    <script type="module" src="${up}shared/theme.ts"></script>`

function header(tagline: string, page: string, up: string): string {
  const current = page.startsWith('docs/') ? 'docs/index.html' : page
  const tabs = pages.map(({ file, label }) => {
    const mark = file === page ? ' aria-current="page"' : file === current ? ' aria-current="true"' : ''
    return `<a href="${up}${file}"${mark}>${label}</a>`
  })
  const { badge } = pages.find(({ file }) => file === current) ?? { badge: false }
  return `<header class="top">
      <div class="title">
        <h1>noiseshape</h1>
        <p>${tagline}</p>
      </div>
      ${badge ? '<p class="badge" id="badge"></p>' : ''}
      <nav class="tabs" aria-label="Pages">
        ${tabs.join('\n        ')}
      </nav>
      <div class="theme" id="theme-switch" hidden>
        <label class="unseen" for="theme">Theme</label>
        <select id="theme">
          <option value="system">System</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </select>
      </div>
    </header>`
}

/** What other sites show beside a link to a page. They take absolute addresses only, so `site` is needed. */
function preview(html: string, file: string, site: string): string {
  const content = {
    'og:type': 'website',
    'og:url': `${site}/${file === 'index.html' ? '' : file}`,
    'og:title': /<title>(.*?)<\/title>/s.exec(html)?.[1],
    'og:description': /<meta name="description" content="(.*?)"/s.exec(html)?.[1],
    'og:image': existsSync(PREVIEW_IMAGE) ? `${site}/og.png` : undefined,
    'twitter:card': existsSync(PREVIEW_IMAGE) ? 'summary_large_image' : 'summary',
  }
  return Object.entries(content)
    .map(([property, value]) => (value ? `\n    <meta property="${property}" content="${value}" />` : ''))
    .join('')
}

/** `site` is the address under which the pages are published, where it is known. */
export const frame = (site = process.env.SITE_URL): Plugin => ({
  name: 'frame',
  transformIndexHtml: {
    order: 'pre', // before Vite looks for the stylesheets
    handler: (html, { path }) => {
      const file = path.slice(1) || 'index.html'
      const up = '../'.repeat(file.split('/').length - 1) || './'
      const about = site ? preview(html, file, site.replace(/\/$/, '')) : ''
      return html
        .replace('<!-- head -->', () => head(up) + about)
        .replace(/<!-- header: (.*?) -->/, (_, tagline) => header(tagline, file, up))
    },
  },
})
