/**
 * The address of the repository stands in one place, or nowhere while there is none. README's links and pictures are
 * relative: npm's registry page completes them from `repository` (npm's marky-markdown, lib/plugin/github.js).
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { addressFields, citationWithAddress, withAddress } from '../../scripts/address.mjs'
import { anchors } from '../../scripts/anchors.mjs'
import { root } from '../../scripts/setup.mjs'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json'))
const ADDRESS = 'https://github.com/owner/name'

test('package.json has no address, or all of them from one', () => {
  const { repository, homepage, bugs } = manifest
  const address = repository?.url.replace(/^git\+|\.git$/g, '')
  expect({ repository, homepage, bugs }).toEqual(address === undefined ? {} : addressFields(address))
  expect(/^repository-code: '(.*)'$/m.exec(read('CITATION.cff'))?.[1]).toBe(address)
})

test('the command adds the fields and changes no other', () => {
  const { repository, homepage, bugs, author, ...others } = withAddress(manifest, ADDRESS, 'Ada <ada@host>')
  expect(repository).toEqual({ type: 'git', url: 'git+https://github.com/owner/name.git' })
  expect(homepage).toBe('https://github.com/owner/name#readme')
  expect(bugs).toEqual({ url: 'https://github.com/owner/name/issues' })
  expect(author).toBe('Ada <ada@host>')
  const { repository: _, homepage: __, bugs: ___, author: ____, ...before } = manifest
  expect(others).toEqual(before)
  expect(withAddress(withAddress(manifest, 'https://github.com/an/other'), ADDRESS).repository).toEqual(
    repository,
  )
  const cited = citationWithAddress(read('CITATION.cff'), ADDRESS)
  expect(cited).toMatch(/^repository-code: 'https:\/\/github\.com\/owner\/name'$/m)
  expect(citationWithAddress(cited, ADDRESS)).toBe(cited)
})

test.each(['', 'github.com/owner/name', 'https://github.com/owner', 'https://github.com/owner/name.git'])(
  'refuses %o as an address',
  (address) => expect(() => addressFields(address)).toThrow('https://github.com/owner/name'),
)

describe("README on the registry's page, once there is an address", () => {
  const html = marked.parse(read('README.md'), { async: false })
  const { repository } = withAddress(manifest, ADDRESS) as ReturnType<typeof addressFields>
  const [owner, name] = repository.url.replace(/^git\+https:\/\/github\.com\/|\.git$/g, '').split('/')
  const shown = (kind: 'blob' | 'raw', href: string) => {
    const host = kind === 'raw' ? 'https://raw.githubusercontent.com' : 'https://github.com'
    const path = kind === 'raw' ? `${owner}/${name}/HEAD/` : `${owner}/${name}/blob/HEAD/`
    return new URL(href, `${host}/${path}`)
  }
  const fileOf = ({ pathname }: URL) => decodeURI(pathname).replace(/^\/owner\/name\/(blob\/)?HEAD\//, '')
  const hrefs = Array.from(html.matchAll(/<a href="([^"]*)"/g), ([, href]) => href)
  const pictures = Array.from(html.matchAll(/<img src="([^"]*)"/g), ([, src]) => src)

  test('has links and pictures', () => {
    expect(hrefs.length).toBeGreaterThan(5)
    expect(pictures.length).toBeGreaterThan(0)
  })

  test.each(hrefs.filter((href) => !/^(https:|#)/.test(href)))('%s is a page of the repository', (href) => {
    const url = shown('blob', href)
    const file = fileOf(url)
    expect(existsSync(join(root, file)), file).toBe(true)
    if (url.hash) {
      const anchor = anchors()
      const headings = Array.from(read(file).matchAll(/^#+ (.*)$/gm), ([, text]) => anchor(text))
      expect(headings).toContain(url.hash.slice(1))
    }
  })

  test.each(pictures)('%s is a picture that a page on another host can show', (src) => {
    const url = shown('raw', src)
    expect(url.href).toMatch(/^https:\/\/raw\.githubusercontent\.com\/owner\/name\/HEAD\/.+\.png$/)
    const start = readFileSync(join(root, fileOf(url))).subarray(1, 4)
    expect(start.toString()).toBe('PNG')
  })
})
