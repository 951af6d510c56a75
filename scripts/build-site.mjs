// @ts-check
// `npm run build:site`: installs what is missing and builds the pages into site/dist, which any host of static files can
// serve under any path. SITE_URL, the address that they will have, adds what other sites show beside a link.

import { setUp } from './setup.mjs'
import { buildSite } from './site.mjs'

try {
  setUp()
  const { files, largest, firstPage } = await buildSite()
  console.log(
    `site/dist: ${files} files, the largest ${(largest.size / 2 ** 20).toFixed(1)} MiB; the first page ${Math.round(firstPage / 1000)} kB with gzip`,
  )
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
