// @ts-check
// Makes a fresh clone ready to run: checks Node, installs the packages of the lock file.
// Plain Node only: node_modules may not exist yet when this runs.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Leaves the packages installed, or throws one sentence that says what to do. */
export function setUp() {
  checkNode()
  const reason = reasonToInstall()
  if (!reason) return
  console.log(`Installing the packages (${reason}) ...`)
  const command = existsSync(join(root, 'package-lock.json')) ? 'ci' : 'install'
  const flags = ['--include=dev', '--no-audit', '--no-fund']
  const { file, args, shell } = npm(command, ...flags)
  // Else onnxruntime-node downloads CUDA, which no test needs.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
  const { status } = spawnSync(file, args, { cwd: root, shell, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) {
    throw new Error(
      `\`npm ${command}\` failed: as it says above, the network or a lock file to be renewed by \`npm install\`.`,
    )
  }
}

/** How to start npm: the very npm that runs this script where there is one, which on Windows needs no shell. */
export function npm(/** @type {string[]} */ ...args) {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('npm-cli.js')) return { file: process.execPath, args: [cli, ...args], shell: false }
  return { file: 'npm', args, shell: process.platform === 'win32' }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major >= 24 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) return
  throw new Error(
    `This is Node ${process.versions.node}; Node 20.19, 22.12 or 24 is needed, or a newer one of these: install it from https://nodejs.org.`,
  )
}

/**
 * Compares what the lock file wants with what npm noted in node_modules. Contents, not file times: a clone, a branch
 * switch and a restored cache all give new times to old files.
 */
function reasonToInstall() {
  if (!existsSync(join(root, 'node_modules'))) return 'node_modules is missing'
  const installed = packagesOf('node_modules/.package-lock.json')
  if (!installed) return 'node_modules is incomplete'
  for (const [path, wanted] of Object.entries(packagesOf('package-lock.json') ?? {})) {
    if (path === '') continue // the project itself
    const found = installed[path]
    if (!found && wanted.optional) continue // made for another platform
    if (!found || !existsSync(join(root, path))) return `${path} is missing`
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) {
      return `node_modules is older than package-lock.json: ${path} is ${found.version}, not ${wanted.version}`
    }
  }
}

/** @returns {Record<string, { version: string, integrity: string, optional?: boolean }> | undefined} */
function packagesOf(/** @type {string} */ lockFile) {
  try {
    return JSON.parse(readFileSync(join(root, lockFile), 'utf8')).packages
  } catch {
    return undefined
  }
}
