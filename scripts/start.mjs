// @ts-check
// `npm start`: installs what is missing, then serves the page until Ctrl-C. More arguments go to vite: --port 8080.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { root, setUp } from './setup.mjs'

try {
  setUp()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

const args = process.argv.slice(2)
if (hasDesktop() && !args.some((arg) => arg.startsWith('--open'))) args.push('--open')
const vite = spawn(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), ...args], {
  cwd: root,
  stdio: ['inherit', 'pipe', 'inherit'],
})

// Vite's banner is replaced by the one line that matters; whatever it says later is passed on.
vite.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
  const url = /Local:\s+(http\S+)/.exec(stripVTControlCharacters(text))?.[1]
  if (url)
    console.log(`\n  noiseshape is on ${url} - open it in Chrome, Edge or any browser; Ctrl-C ends it.\n`)
  else process.stdout.write(text)
})

let stopping = false
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    stopping = true
    vite.kill('SIGTERM')
  })
}
vite.on('exit', (code) => process.exit(stopping ? 0 : (code ?? 1)))

/** Someone sits in front of this terminal, at a screen where a browser window can open. */
function hasDesktop() {
  if (!process.stdin.isTTY || !process.stdout.isTTY || process.env.CI || process.env.SSH_CONNECTION)
    return false
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}
