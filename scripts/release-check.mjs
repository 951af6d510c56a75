// @ts-check
// The first step of the release workflow: the tag, package.json, CHANGELOG.md, CITATION.cff and the address of the
// repository agree. `node scripts/release-check.mjs v1.2.3 owner/name` asks the same before the tag is made.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './setup.mjs'

/**
 * Why a version cannot be released, one sentence each.
 *
 * @param {{ tag: string, repository: string, manifest: { version: string, repository?: { url: string } }, changelog: string, citation: string }} release
 *   `repository`: owner/name on GitHub
 */
export function reasonsAgainst({ tag, repository, manifest, changelog, citation }) {
  const { version } = manifest
  const unreleased = /^## Unreleased\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(changelog)?.[1] ?? ''
  const url = `git+https://github.com/${repository}.git`
  const found = [
    tag !== `v${version}` &&
      `The tag is ${tag}, but package.json has version ${version}: the tag must be v${version}.`,
    !changelog.includes(`\n## ${version}\n`) && `CHANGELOG.md has no heading "## ${version}".`,
    unreleased.trim() !== '' &&
      `CHANGELOG.md still has lines under "## Unreleased": move them under "## ${version}".`,
    !citation.includes(`\nversion: ${version}\n`) && `CITATION.cff has another version than ${version}.`,
    manifest.repository?.url !== url &&
      `package.json does not name this repository, which provenance needs: npm run address -- https://github.com/${repository}.`,
  ]
  return found.filter((reason) => reason !== false)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const read = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8')
  const [tag, repository] = process.argv.slice(2)
  const reasons = reasonsAgainst({
    tag: tag ?? process.env.GITHUB_REF_NAME ?? '',
    repository: repository ?? process.env.GITHUB_REPOSITORY ?? 'owner/name',
    manifest: JSON.parse(read('package.json')),
    changelog: read('CHANGELOG.md'),
    citation: read('CITATION.cff'),
  })
  for (const reason of reasons) console.error(reason)
  if (reasons.length > 0) process.exit(1)
}
