/** A page of the documentation: its text, with the list of all pages beside it and the neighbours below. */

import { posix } from 'node:path'
import { escapeHtml } from '../shared/escape-html.ts'
import { pages as tabs } from '../shared/frame.ts'
import { allPages, type Contents, type DocsPage, readSource } from './contents.ts'
import { type Heading, renderMarkdown } from './markdown.ts'

/** `repository` is the address of the files of the repository, where it is known. */
export function renderPage(page: DocsPage, contents: Contents, repository?: string): string {
  const { html, headings } = renderMarkdown(readSource(page.source), linksOf(page, contents, repository))
  const all = allPages(contents)
  const at = all.findIndex(({ file }) => file === page.file)
  const up = '../'.repeat(page.file.split('/').length - 1)
  const title = headings[0]?.text ?? page.title
  return `<!doctype html>
<html lang="en">
  <head>
    <!-- head -->
    <meta name="description" content="${escapeHtml(`noiseshape: ${page.about.replaceAll('`', '')}`)}" />
    <title>${escapeHtml(title)} - noiseshape</title>
    <link rel="stylesheet" href="${up}docs/docs.css" />
    <script type="module" src="${up}docs/list.ts"></script>
    <link rel="alternate" type="text/markdown" href="${markdownOf(page)}" title="This page as Markdown" vite-ignore />
  </head>
  <body>
    <!-- header: Guides and reference, with code that the tests run. -->
    <main class="docs" data-state="ready">
      <p class="to-contents"><a href="#contents">All pages</a></p>
      <article>
${html}
        ${neighbours(page, all[at - 1], all[at + 1])}
      </article>
      <nav class="contents" id="contents" aria-label="Documentation" tabindex="-1">
        <p><a href="${between(page.file, contents.index.file)}"${current(page, contents.index)}>${contents.index.title}</a></p>
        ${contents.groups.map(({ title, pages }) => group(title, pages, page, headings)).join('\n        ')}
      </nav>
    </main>
  </body>
</html>
`
}

function group(title: string, pages: DocsPage[], page: DocsPage, headings: Heading[]): string {
  const entries = pages.map((each) => {
    const link = `<a href="${between(page.file, each.file)}"${current(page, each)}>${escapeHtml(each.title)}</a>`
    return `<li>${link}${each.file === page.file ? sections(headings, page) : ''}</li>`
  })
  return `<h2>${escapeHtml(title)}</h2><ul>${entries.join('')}</ul>`
}

/** The sections of the open page; in the reference, its functions, classes and types. */
function sections(headings: Heading[], { file }: DocsPage): string {
  const wanted = file.startsWith('docs/reference/') ? 3 : 2
  const links = headings
    .filter(({ depth }) => depth === wanted)
    .map(({ text, anchor }) => `<li><a href="#${anchor}">${escapeHtml(text)}</a></li>`)
  return links.length > 1 ? `<ul>${links.join('')}</ul>` : ''
}

function neighbours(page: DocsPage, before: DocsPage | undefined, after: DocsPage | undefined): string {
  const link = (to: DocsPage, label: string) =>
    `<a href="${between(page.file, to.file)}"><span>${label}</span> ${escapeHtml(to.title)}</a>`
  const links = [before && link(before, 'Previous'), after && link(after, 'Next')].filter(Boolean)
  return `<nav class="neighbours" aria-label="Neighbours">${links.join('')}</nav>`
}

function current(page: DocsPage, { file }: DocsPage): string {
  return page.file === file ? ' aria-current="page"' : ''
}

/** A page's Markdown, which the site has beside it. */
function markdownOf({ source }: DocsPage): string {
  return posix.basename(source)
}

/** Links of a Markdown file, as the page has them. */
function linksOf(page: DocsPage, contents: Contents, repository: string | undefined) {
  const targets = new Map(allPages(contents).map(({ source, file }) => [source, file]))
  for (const { file } of tabs) targets.set(`site/${file}`, file)
  return (href: string): string | undefined => {
    if (/^(#|https?:)/.test(href)) return href
    const [path, hash] = href.split('#')
    const source = posix.join(posix.dirname(page.source), path)
    const file = targets.get(source)
    if (file) return between(page.file, file) + (hash === undefined ? '' : `#${hash}`)
    return repository && `${repository}/${source}`
  }
}

function between(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}
