// @ts-check
// Runtimes that have WebGPU without a browser, fetched when they are asked for: too large for everyone's node_modules.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm, root } from './setup.mjs'

const PACKAGES = { deno: 'deno@2.9.6', node: 'webgpu@0.6.2' }

/** @typedef {keyof typeof PACKAGES} Runtime */

/**
 * Fetches what a runtime needs, once.
 *
 * @returns {{ name: string, folder: string, command: string[] }} `folder`: scripts below it find the runtime's package
 */
export function fetchRuntime(/** @type {Runtime} */ runtime) {
  const folder = fetchPackage(PACKAGES[runtime])
  const version = PACKAGES[runtime].split('@')[1]
  if (runtime === 'node') {
    return { name: `Node ${process.versions.node}, webgpu ${version}`, folder, command: [process.execPath] }
  }
  // On Windows, .bin has scripts for shells only.
  const program = process.platform === 'win32' ? `@deno/win32-${process.arch}/deno.exe` : '.bin/deno'
  const deno = join(folder, 'node_modules', program)
  return { name: `Deno ${version}`, folder, command: [deno, 'run', '-A', '--unstable-webgpu'] }
}

/** Fetches a package that is too large for everyone's node_modules, once. Returns the folder with its node_modules. */
export function fetchPackage(/** @type {string} */ wanted) {
  const cache = join(root, 'node_modules/.cache/noiseshape')
  const folder = join(cache, wanted.replace('/', '+'))
  if (!existsSync(folder)) {
    console.error(`Fetching ${wanted} ...`)
    mkdirSync(cache, { recursive: true })
    const unfinished = mkdtempSync(join(cache, 'unfinished-'))
    try {
      install(unfinished, wanted)
      if (!existsSync(folder)) renameSync(unfinished, folder) // another run may have been faster
    } finally {
      rmSync(unfinished, { recursive: true, force: true })
    }
  }
  return folder
}

function install(/** @type {string} */ folder, /** @type {string} */ wanted) {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const { file, args, shell } = npm('install', '--no-audit', '--no-fund', '--loglevel=error', wanted)
  const { status } = spawnSync(file, args, { cwd: folder, shell, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`\`npm install ${wanted}\` failed, as it says above.`)
}

/** Bundles a mode of vite.config.ts that is one file without imports of its own, but for a runtime's package. */
export async function bundle(/** @type {'portable' | 'conformance'} */ mode, /** @type {string} */ outDir) {
  const { build } = await import('vite')
  mkdirSync(outDir, { recursive: true })
  const configFile = join(root, 'vite.config.ts')
  await build({ configFile, mode, logLevel: 'warn', build: { outDir, emptyOutDir: false } })
}
