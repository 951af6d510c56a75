// @ts-check
// `npm run browsers`: writes the table of docs/browsers.md anew, from the browser data of MDN; raise its version here first. It
// is fetched when it is asked for: 20 MB, too much for everyone's node_modules.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchPackage } from './runtimes.mjs'
import { root, setUp } from './setup.mjs'

const PACKAGE = '@mdn/browser-compat-data@8.1.9'
const PAGE = join(root, 'docs/browsers.md')
const BEGIN = '<!-- browser data: npm run browsers -->'
const END = '<!-- end of browser data -->'

/** @type {[name: string, browser: string][]} */
const BROWSERS = [
  ['Chrome', 'chrome'],
  ['Edge', 'edge'],
  ['Opera', 'opera'],
  ['Firefox', 'firefox'],
  ['Safari', 'safari'],
  ['Chrome on Android', 'chrome_android'],
  ['Samsung Internet', 'samsunginternet_android'],
  ['Firefox on Android', 'firefox_android'],
  ['Safari on iOS and iPadOS', 'safari_ios'],
]

/** @typedef {{ version_added: string | false, version_removed?: string, flags?: unknown[], notes?: string | string[] }} Statement */
/** @typedef {{ __compat: { support: Record<string, Statement | Statement[] | undefined> } }} Feature */

try {
  setUp()
  const { api, __meta } = read(fetchPackage(PACKAGE))
  const features = [
    api.GPU,
    api.GPUSupportedFeatures['feature_shader-f16'],
    api.GPU.requestAdapter.options_featureLevel,
  ]
  const rows = BROWSERS.map(
    ([name, browser]) => `| ${[name, ...features.map((feature) => cellOf(feature, browser))].join(' | ')} |`,
  )
  const table = [
    `First versions without flags, from MDN's browser data ${__meta.version} of ${__meta.timestamp.slice(0, 10)}:`,
    '',
    '| browser | WebGPU | float16 in shaders | compatibility mode |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
  const page = readFileSync(PAGE, 'utf8')
  const [before, after] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)]
  writeFileSync(PAGE, `${page.slice(0, before)}\n\n${table}\n\n${page.slice(after)}`)
  console.log(`docs/browsers.md has the data of ${__meta.timestamp.slice(0, 10)}.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

function read(/** @type {string} */ folder) {
  return JSON.parse(readFileSync(join(folder, 'node_modules/@mdn/browser-compat-data/data.json'), 'utf8'))
}

/** The versions, oldest first, with their notes, but without links to bug trackers. */
function cellOf(/** @type {Feature | undefined} */ feature, /** @type {string} */ browser) {
  const statements = [feature?.__compat.support[browser] ?? []]
    .flat()
    .filter(({ version_added, flags }) => version_added && !flags)
    .reverse()
  if (statements.at(-1)?.version_removed) return 'no'
  const cells = statements.map(({ version_added, notes }) => {
    const text = [notes ?? []]
      .flat()
      .join(' ')
      .replace(/ See <a .*?<\/a>\.?/g, '')
      .replace(/^Supported on |^Compatibility mode supported /, '')
    return `${version_added}${text && `: ${text}`}`
  })
  return cells.join('<br>') || 'no'
}
