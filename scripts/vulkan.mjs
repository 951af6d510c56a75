// @ts-check
// The software drivers of Vulkan, on which a runtime without a browser finds a WebGPU adapter on any Linux machine.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findBrowser } from './browser.mjs'
import { installDebianPackages, whyNoDebianPackages } from './debian.mjs'

/** What brings each on Debian and Ubuntu. SwiftShader lies beside every Chromium and Chrome. */
const PACKAGES = { llvmpipe: 'mesa-vulkan-drivers', swiftshader: 'chromium' }
const LOADER = 'libvulkan1'

/** @typedef {keyof typeof PACKAGES} Driver */

/** Name and version of a driver that is there, and the variables by which Vulkan takes it and no other. */
/** @typedef {{ name: string, environment: Record<string, string> }} FoundDriver */

/**
 * Finds a driver; `install` says whether to install what is missing, where that is possible. Throws one sentence where
 * there is none.
 *
 * @returns {Promise<FoundDriver>}
 */
export async function findDriver(
  /** @type {string} */ driver,
  /** @type {{ install: boolean }} */ { install },
) {
  if (driver !== 'llvmpipe' && driver !== 'swiftshader') {
    throw new Error(`--driver is ${driver}; it must be llvmpipe or swiftshader.`)
  }
  if (process.platform !== 'linux')
    throw new Error('The software drivers of Vulkan are looked for on Linux only.')
  let { file, missing } = await look(driver)
  if (missing.length > 0 && install && whyNoDebianPackages() === undefined) {
    console.error(`Installing ${missing.join(' and ')} with apt-get ...`)
    installDebianPackages(...missing)
    ;({ file, missing } = await look(driver))
    if (missing.length > 0) throw new Error(`apt-get could not install ${missing.join(' and ')}.`)
  }
  if (!file || missing.length > 0) {
    const why = install ? `, and ${whyNoDebianPackages()}` : ''
    throw new Error(
      `There is no ${driver} here${why}. On Debian or Ubuntu it comes with apt-get install ${missing.join(' ')}.`,
    )
  }
  return {
    name: `${driver === 'llvmpipe' ? 'llvmpipe' : 'SwiftShader'} ${versionOf(driver, file)}`.trim(),
    // Mesa complains when it has no folder for its sockets, which nothing here uses.
    environment: { VK_ICD_FILENAMES: file, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir() },
  }
}

/** The driver's description file, and the packages that would have to be installed. */
async function look(/** @type {Driver} */ driver) {
  const file = driver === 'llvmpipe' ? llvmpipe() : await swiftShader()
  return { file, missing: [...(file ? [] : [PACKAGES[driver]]), ...(hasLoader() ? [] : [LOADER])] }
}

function llvmpipe() {
  const folder = '/usr/share/vulkan/icd.d'
  if (!existsSync(folder)) return undefined
  const own = ['lvp_icd.json', `lvp_icd.${machine()}.json`]
  const name = readdirSync(folder).find((each) => own.includes(each))
  return name && join(folder, name)
}

async function swiftShader() {
  const browser = await findBrowser()
  const folders = [
    ...(browser ? [dirname(realpathSync(browser))] : []),
    '/usr/lib/chromium',
    '/opt/google/chrome',
  ]
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((file) => existsSync(file))
}

function hasLoader() {
  return [`/usr/lib/${machine()}-linux-gnu`, '/usr/lib64', '/usr/lib'].some((folder) =>
    existsSync(join(folder, 'libvulkan.so.1')),
  )
}

function machine() {
  return process.arch === 'arm64' ? 'aarch64' : 'x86_64'
}

/** As far as Debian's records say: the drivers do not say it themselves. */
function versionOf(/** @type {Driver} */ driver, /** @type {string} */ file) {
  const owner = spawnSync('dpkg-query', ['-S', realpathSync(file)], { encoding: 'utf8' }).stdout ?? ''
  const [name] = owner.split(':')
  if (!name) return ''
  const query = spawnSync('dpkg-query', ['-W', '-f', `\${Version}`, name], { encoding: 'utf8' })
  const version = /^[\d.]+/.exec(query.stdout ?? '')?.[0]
  if (!version) return ''
  return driver === 'llvmpipe' ? `of Mesa ${version}` : `of Chromium ${version}`
}
