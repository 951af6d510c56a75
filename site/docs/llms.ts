/** llms.txt, the documentation's table of contents for language models (llmstxt.org), and llms-full.txt, all of it in one file. */

import { allPages, type Contents, readSource } from './contents.ts'

/** `site` is the address under which the pages are published, where it is known; links are relative without. */
export function llmsTxt({ index, groups }: Contents, site?: string): string {
  const base = site ? `${site.replace(/\/$/, '')}/` : ''
  const lists = groups.map(({ title, pages }) => {
    const entries = pages.map((page) => `- [${page.title}](${base}${page.source}): ${page.about}`)
    return `## ${title}\n\n${entries.join('\n')}`
  })
  return `# noiseshape\n\n> ${index.about}\n\n${lists.join('\n\n')}\n`
}

export function llmsFullTxt(contents: Contents): string {
  const [index, ...pages] = allPages(contents)
  return [`# noiseshape\n\n> ${index.about}\n`, ...pages.map(({ source }) => readSource(source))].join('\n')
}
