/** The pages of the documentation, in the order of docs/README.md, which lists them with a sentence each. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const INDEX = 'docs/README.md'

export interface DocsPage {
  /** The Markdown file, from the root of the repository: docs/webgpu.md. */
  source: string
  /** The page of the site: docs/webgpu.html. */
  file: string
  title: string
  about: string
}

export interface Group {
  title: string
  pages: DocsPage[]
}

export interface Contents {
  index: DocsPage
  groups: Group[]
}

export function readContents(): Contents {
  const [title, about] = readSource(INDEX)
    .split('\n')
    .filter((line) => line !== '')
  const groups: Group[] = []
  for (const line of readSource(INDEX).split('\n')) {
    const heading = /^## (.*)/.exec(line)?.[1]
    if (heading) groups.push({ title: heading, pages: [] })
    const entry = /^- \[(.*?)\]\((.*?)\.md\): (.*)/.exec(line)
    if (!entry) continue
    const [, title, name, about] = entry
    groups.at(-1)?.pages.push({ source: `docs/${name}.md`, file: `docs/${name}.html`, title, about })
  }
  return { index: { source: INDEX, file: 'docs/index.html', title: title.replace(/^# /, ''), about }, groups }
}

/** All pages, the index first. */
export function allPages({ index, groups }: Contents): DocsPage[] {
  return [index, ...groups.flatMap(({ pages }) => pages)]
}

export function readSource(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
