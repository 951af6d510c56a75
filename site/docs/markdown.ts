/** Markdown to HTML: headings with anchors, links that lead to pages of the site, tables and code that scroll by themselves. */

import { Marked, type Tokens } from 'marked'
import { anchors } from '../../scripts/anchors.mjs'
import { escapeHtml } from '../shared/escape-html.ts'

export interface Heading {
  /** 1 for the title. */
  depth: number
  text: string
  anchor: string
}

export interface Rendered {
  html: string
  headings: Heading[]
}

/** Where a link leads; undefined if it leads nowhere on the site, and its text then stands alone. */
export type ResolveLink = (href: string) => string | undefined

export function renderMarkdown(markdown: string, resolveLink: ResolveLink): Rendered {
  const headings: Heading[] = []
  const anchorOf = anchors()
  const marked = new Marked({
    renderer: {
      heading({ depth, tokens }: Tokens.Heading) {
        const text = plain(this.parser.parseInline(tokens, this.parser.textRenderer))
        const anchor = anchorOf(text)
        headings.push({ depth, text, anchor })
        // The frame of the site has the first heading, so those of a page are one level below.
        const level = Math.min(depth + 1, 6)
        return `<h${level} id="${anchor}">${this.parser.parseInline(tokens)}</h${level}>\n`
      },
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens)
        const target = resolveLink(href)
        return target === undefined ? text : `<a href="${escapeHtml(target)}">${text}</a>`
      },
      image({ href, text }: Tokens.Image) {
        return `<img vite-ignore src="${escapeHtml(href)}" alt="${escapeHtml(text)}" />`
      },
      code({ text, lang = '' }: Tokens.Code) {
        // Focusable, so that a line too long for the screen can be read with the keyboard.
        return `<pre tabindex="0"><code>${isScript(lang) ? withComments(text) : escapeHtml(text)}</code></pre>\n`
      },
      table(token: Tokens.Table) {
        const cells = (row: Tokens.TableCell[], tag: string) =>
          row
            .map(({ tokens, align }) => {
              const scope = tag === 'th' ? ' scope="col"' : ''
              const side = align === 'right' ? ' class="right"' : ''
              const content = this.parser.parseInline(tokens)
              return tag === 'th' && content === ''
                ? '<td></td>'
                : `<${tag}${scope}${side}>${content}</${tag}>`
            })
            .join('')
        const rows = token.rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')
        return `<div class="scroll" tabindex="0"><table><thead><tr>${cells(token.header, 'th')}</tr></thead>\n<tbody>${rows}</tbody></table></div>\n`
      },
    },
  })
  return { html: marked.parse(markdown, { async: false }), headings }
}

function plain(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

function isScript(lang: string): boolean {
  return /^[jt]s( |$)/.test(lang)
}

/** Comments in another colour. A `//` inside of a string has no space before it in this documentation, and stays as it is. */
function withComments(code: string): string {
  return escapeHtml(code).replace(/(^|\s)(\/\/ .*)$/gm, '$1<span class="comment">$2</span>')
}
