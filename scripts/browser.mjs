// @ts-check
// Finds a Chrome-like browser for the tests, or installs one, and knows the flags it needs for WebGPU.
// Nothing of node_modules is imported at the top: this file is loaded before the packages are installed.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { installDebianPackages, whyNoDebianPackages } from './debian.mjs'

export const NO_BROWSER =
  'No browser for the tests: install Chrome, Chromium or Edge, or set PUPPETEER_EXECUTABLE_PATH to one, and run again.'

/** Flags beside puppeteer's own. `webgpu: false` is a machine without a usable GPU: requestAdapter() gives null. */
export function chromeFlags({ webgpu = true } = {}) {
  const flags = webgpu ? ['--enable-unsafe-webgpu'] : ['--disable-gpu']
  if (process.platform !== 'linux') return flags
  // Tests load pages of 127.0.0.1 only, and root and many containers cannot have the sandbox.
  flags.push('--no-sandbox')
  // The same software GPU on every Linux machine, with a graphics card or without.
  if (webgpu) flags.push('--use-webgpu-adapter=swiftshader')
  return flags
}

/** Path of a browser that is there already, or undefined. Throws when PUPPETEER_EXECUTABLE_PATH names none. */
export async function findBrowser() {
  const named = process.env.PUPPETEER_EXECUTABLE_PATH
  if (named && !existsSync(named)) {
    throw new Error(`PUPPETEER_EXECUTABLE_PATH is ${named}, which does not exist: correct it or unset it.`)
  }
  return named || installedBrowsers().find(starts) || (await puppeteerBrowsers()).find(starts)
}

/** Path of a Firefox that is there already, or undefined. */
export function findFirefox() {
  return process.env.FIREFOX_EXECUTABLE_PATH || installedFirefoxes().find(starts)
}

/** Installs a Firefox where there is none and where that is possible. Only `npm run test:long` does. */
export function installFirefox() {
  if (findFirefox() === undefined) installOnDebian('firefox-esr', 'No Firefox found')
}

/** As findBrowser, but downloads one where there is none; only where that fails too, and only as root, runs apt-get. */
export async function findOrInstallBrowser() {
  const path = (await findBrowser()) ?? (await downloadChrome()) ?? debianChromium()
  if (!path) throw new Error(NO_BROWSER)
  return path
}

function installedBrowsers() {
  const { env, platform } = process
  if (platform === 'win32') {
    const folders = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA]
    const programs = ['Google\\Chrome\\Application\\chrome.exe', 'Chromium\\Application\\chrome.exe']
    programs.push('Microsoft\\Edge\\Application\\msedge.exe')
    return programs.flatMap((program) => folders.flatMap((folder) => (folder ? join(folder, program) : [])))
  }
  if (platform === 'darwin') {
    const apps = ['Google Chrome', 'Chromium', 'Microsoft Edge']
    const folders = ['/Applications', join(homedir(), 'Applications')]
    return apps.flatMap((app) => folders.map((folder) => `${folder}/${app}.app/Contents/MacOS/${app}`))
  }
  const names = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']
  names.push('microsoft-edge', 'microsoft-edge-stable', 'chrome')
  return inFolders(names, '/opt/google/chrome')
}

function installedFirefoxes() {
  const { env, platform } = process
  if (platform === 'win32') {
    const folders = [env.PROGRAMFILES, env['PROGRAMFILES(X86)']]
    return folders.flatMap((folder) => (folder ? join(folder, 'Mozilla Firefox', 'firefox.exe') : []))
  }
  if (platform === 'darwin') return ['/Applications/Firefox.app/Contents/MacOS/firefox']
  return inFolders(['firefox-esr', 'firefox'], '/usr/lib/firefox-esr')
}

function inFolders(/** @type {string[]} */ names, /** @type {string} */ own) {
  const path = (process.env.PATH ?? '').split(delimiter)
  const folders = [...path, '/usr/bin', '/usr/local/bin', own, '/snap/bin']
  return names.flatMap((name) => folders.map((folder) => join(folder, name)))
}

/** On Linux a file is not yet a browser: Ubuntu's chromium-browser is a stub, and libraries can be missing. */
function starts(/** @type {string} */ path) {
  if (!existsSync(path)) return false
  if (process.platform !== 'linux') return true
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 120_000 }).status === 0
}

const cacheDir = () => process.env.PUPPETEER_CACHE_DIR ?? join(homedir(), '.cache', 'puppeteer')

/** The packages that puppeteer itself uses, wherever npm has put them. */
function requireOfPuppeteer() {
  return createRequire(createRequire(import.meta.url).resolve('puppeteer'))
}

async function puppeteerBrowsers() {
  const { getInstalledBrowsers } = requireOfPuppeteer()('@puppeteer/browsers')
  const all = /** @type {{ browser: string, executablePath: string }[]} */ (
    await getInstalledBrowsers({ cacheDir: cacheDir() })
  )
  return all.flatMap(({ browser, executablePath }) => (browser === 'chrome' ? executablePath : []))
}

/** Puppeteer's own Chrome, or undefined. A closed network can swallow a request, so silence ends the attempt. */
async function downloadChrome() {
  if (process.platform === 'linux' && process.arch !== 'x64') return undefined // none is made for these
  const { install } = requireOfPuppeteer()('@puppeteer/browsers')
  const { PUPPETEER_REVISIONS } = requireOfPuppeteer()('puppeteer-core/internal/revisions.js')
  const buildId = PUPPETEER_REVISIONS.chrome
  console.log(`No browser found; downloading Chrome ${buildId} into ${cacheDir()} ...`)
  try {
    const path = await new Promise((resolve, reject) => {
      const silence = () => reject(new Error('no data for 30 seconds'))
      let timer = setTimeout(silence, 30_000)
      const downloadProgressCallback = (/** @type {number} */ done, /** @type {number} */ total) => {
        clearTimeout(timer)
        if (done < total) timer = setTimeout(silence, 30_000)
      }
      install({ browser: 'chrome', buildId, cacheDir: cacheDir(), downloadProgressCallback })
        .then((/** @type {{ executablePath: string }} */ chrome) => resolve(chrome.executablePath), reject)
        .finally(() => clearTimeout(timer))
    })
    if (starts(path)) return path
    console.log('The downloaded Chrome does not start here (libraries of the system are missing).')
  } catch (error) {
    console.log(
      `The download failed: ${error instanceof Error ? error.message.split('\n').join(' ') : error}`,
    )
  }
  return undefined
}

/** Debian's or Ubuntu's own chromium, which brings its libraries along. */
function debianChromium() {
  installOnDebian('chromium', 'No browser found, and none could be downloaded')
  return installedBrowsers().find(starts)
}

/** Installs a package of Debian or Ubuntu, as root only; where that is not possible, nothing happens. */
function installOnDebian(/** @type {string} */ name, /** @type {string} */ why) {
  if (whyNoDebianPackages() !== undefined) return
  console.log(`${why}; as root: installing the system's ${name} with apt-get ...`)
  installDebianPackages(name)
}
