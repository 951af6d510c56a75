/** The pages of the documentation: complete, without dead links, and with a reference that says what the sources say. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../../scripts/setup.mjs'
import { makeReference } from '../../scripts/typedoc.mjs'
import { allPages, readContents } from '../../site/docs/contents'
import { llmsFullTxt, llmsTxt } from '../../site/docs/llms'
import { renderMarkdown } from '../../site/docs/markdown'
import { renderPage } from '../../site/docs/page'

const contents = readContents()
const pages = allPages(contents)
const read = (path: string) => readFileSync(join(root, path), 'utf8')

test('README has at most 200 lines', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(200)
})

test('its examples are short', () => {
  const blocks = Array.from(read('README.md').matchAll(/```js\n(.*?)```/gs), ([, code]) =>
    code.trimEnd().split('\n'),
  )
  expect(blocks).toHaveLength(4)
  for (const lines of blocks) expect(lines.length).toBeLessThanOrEqual(12)
})

test('the list of pages has every page once', () => {
  const files = ['docs', 'docs/reference'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  )
  expect(pages.map(({ source }) => source).sort()).toEqual(files.sort())
})

test.each(pages)('$source begins with the title that the list gives it', ({ source, title }) => {
  const [heading] = renderMarkdown(read(source), (href) => href).headings
  if (/reference|generator|guarantees|mask-stream/.test(source)) expect(heading.depth).toBe(1)
  else expect(heading).toMatchObject({ depth: 1, text: title })
})

/** Links of a Markdown file to files of the repository, with the anchor of a heading. */
function linksOf(source: string) {
  const links: { path: string; anchor: string | undefined }[] = []
  renderMarkdown(read(source), (href) => {
    if (/^https?:/.test(href)) return href
    const [path, anchor] = href.split('#')
    links.push({ path: path === '' ? source : posix.join(posix.dirname(source), path), anchor })
    return href
  })
  return links
}

describe('no link is dead', () => {
  test.each(['README.md', 'CONTRIBUTING.md', ...pages.map(({ source }) => source)])('%s', (source) => {
    const dead = linksOf(source).filter(({ path, anchor }) => {
      if (!existsSync(join(root, path))) return true
      if (anchor === undefined) return false
      return !renderMarkdown(read(path), (href) => href).headings.some((heading) => heading.anchor === anchor)
    })
    expect(dead).toEqual([])
  })

  test('README leads to each guide in one or two steps', () => {
    const near = linksOf('README.md').map(({ path }) => path)
    const next = near.filter((path) => path.endsWith('.md')).flatMap((path) => linksOf(path))
    const reached = new Set([...near, ...next.map(({ path }) => path)])
    expect(pages.map(({ source }) => source).filter((source) => !reached.has(source))).toEqual([])
  })
})

describe('README answers, or one link of it does', () => {
  const questions: [question: string, source: string, answer: string][] = [
    ['how to install it', 'README.md', 'npm install noiseshape'],
    ['which layer to take', 'README.md', '| SpatialDropout1D: whole channels'],
    ['the options in TensorFlow.js', 'docs/reference/tfjs.md', '| `batchSize?` |'],
    ['the options for ONNX models', 'docs/reference/onnx.md', '| `points?` |'],
    ['which browsers have it', 'docs/browsers.md', '| Safari |'],
    [
      "what PyTorch's Dropout2d is here",
      'docs/migration.md',
      '| `nn.Dropout2d(p)` on [N, C, H, W] | `spatialDropout2D(',
    ],
    ['how to set up a worker', 'docs/workers-and-react.md', 'new Worker('],
    ['how to use a GPU in Node', 'docs/node-and-deno.md', "from 'webgpu'"],
    ['how the mask stream is defined', 'docs/mask-stream.md', 'threefry4x32(counter, key)'],
  ]

  test.each(questions)('%s', (_, source, answer) => {
    if (source !== 'README.md') expect(linksOf('README.md').map(({ path }) => path)).toContain(source)
    expect(read(source)).toContain(answer)
  })
})

describe('a page of the site', () => {
  const page = (name: string) => pages.find(({ source }) => source === `docs/${name}.md`) ?? pages[0]
  const hrefs = (html: string) => Array.from(html.matchAll(/<a href="([^"]*)"/g), ([, href]) => href)

  test('leads to pages of the site, from each folder', () => {
    const guide = hrefs(renderPage(page('choosing'), contents))
    expect(guide).toContain('./noise-shapes.html')
    expect(guide).toContain('./reference/noiseshape.html')
    expect(guide).toContain('../index.html')
    expect(hrefs(renderPage(page('reference/tfjs'), contents))).toContain('../choosing.html')
  })

  test('leads to files of the repository only if package.json says where it is', () => {
    const address = 'https://example.com/noiseshape/blob/HEAD'
    const withAddress = hrefs(renderPage(page('performance'), contents, address))
    expect(withAddress).toContain(`${address}/bench/RESULTS.md`)
    const without = hrefs(renderPage(page('performance'), contents))
    expect(without.filter((href) => href.includes('bench/RESULTS') || href.startsWith('http'))).toEqual([])
  })

  test('marks itself in the list, and lists its sections', () => {
    const html = renderPage(page('migration'), contents)
    expect(html).toContain('<a href="./migration.html" aria-current="page">')
    expect(html).toContain('<li><a href="#pytorch">PyTorch</a></li>')
  })

  test('takes text for text', () => {
    const { html } = renderMarkdown('`<b>` & "x"\n\n```js\nif (a < b) c() // <i>\n```\n', (href) => href)
    expect(html).toContain('<code>&lt;b&gt;</code> &amp; &quot;x&quot;')
    expect(html).toContain('if (a &lt; b) c() <span class="comment">// &lt;i></span>')
  })

  test('counts equal headings as GitHub does', () => {
    const { headings } = renderMarkdown(
      '# Two `words`\n\n## dropout()\n\n## Dropout\n\n## a / b\n',
      (href) => href,
    )
    expect(headings.map(({ anchor }) => anchor)).toEqual(['two-words', 'dropout', 'dropout-1', 'a--b'])
  })
})

describe('llms.txt', () => {
  test('lists every page but the list itself, with the address of the site where there is one', () => {
    const text = llmsTxt(contents, 'https://example.com/some/path/')
    for (const { source, title } of pages.slice(1)) {
      expect(text).toContain(`- [${title}](https://example.com/some/path/${source}): `)
    }
    expect(text).toMatch(/^# noiseshape\n\n> /)
    expect(llmsTxt(contents)).toContain('](docs/webgpu.md): ')
  })

  test('the full one has the text of every page', () => {
    const text = llmsFullTxt(contents)
    for (const { source } of pages.slice(1)) expect(text).toContain(read(source))
  })
})

test('the reference is what the docstrings say; `npm run reference` writes it', async () => {
  const made = await makeReference()
  for (const [name, markdown] of Object.entries(made)) {
    expect(read(`docs/reference/${name}`) === markdown, `docs/reference/${name}: run npm run reference`).toBe(
      true,
    )
  }
  expect(Object.keys(made)).toHaveLength(6)
  for (const markdown of Object.values(made))
    expect(markdown, 'the rest of a link').not.toMatch(/^#\w|\]\(#\)/m)
})

test('CITATION.cff has the version of the package', () => {
  const { version } = JSON.parse(read('package.json'))
  expect(read('CITATION.cff')).toContain(`\nversion: ${version}\n`)
})
