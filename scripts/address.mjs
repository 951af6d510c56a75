// @ts-check
// `npm run address -- https://github.com/OWNER/NAME ["Author <mail>"]`: writes into package.json and CITATION.cff where the
// repository is. Everything else that names an address reads it from there; README's links are relative, and npm's registry
// page completes them with it.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './setup.mjs'

/** Fields of package.json that follow from the address of a repository on GitHub. */
export function addressFields(/** @type {string} */ address) {
  if (!/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+$/.test(address) || address.endsWith('.git')) {
    throw new Error(`The address is ${address}, but it must be like https://github.com/owner/name.`)
  }
  return {
    repository: { type: 'git', url: `git+${address}.git` },
    homepage: `${address}#readme`,
    bugs: { url: `${address}/issues` },
  }
}

/** A package.json with the address in it: before its licence, where npm writes it. */
export function withAddress(
  /** @type {Record<string, unknown>} */ manifest,
  /** @type {string} */ address,
  /** @type {string | undefined} */ author = undefined,
) {
  const fields = { ...addressFields(address), ...(author === undefined ? {} : { author }) }
  const others = Object.entries(manifest).filter(([name]) => !Object.hasOwn(fields, name))
  const at = others.findIndex(([name]) => name === 'license')
  return Object.fromEntries([...others.slice(0, at), ...Object.entries(fields), ...others.slice(at)])
}

/** CITATION.cff with the address in it. */
export function citationWithAddress(/** @type {string} */ citation, /** @type {string} */ address) {
  const rest = citation.replace(/^repository-code:.*\n/m, '')
  return rest.replace(/^license:/m, `repository-code: '${address}'\nlicense:`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [address, author] = process.argv.slice(2)
  try {
    if (address === undefined) throw new Error('Pass the address, like https://github.com/owner/name.')
    const [manifest, citation] = [join(root, 'package.json'), join(root, 'CITATION.cff')]
    const changed = withAddress(JSON.parse(readFileSync(manifest, 'utf8')), address, author)
    writeFileSync(manifest, `${JSON.stringify(changed, undefined, 2)}\n`)
    writeFileSync(citation, citationWithAddress(readFileSync(citation, 'utf8'), address))
    console.log(`package.json and CITATION.cff name ${address} now.`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
