/** Ctrl-C: a command that is interrupted leaves no browser profile and no other temporary file behind. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findBrowser } from '../../../scripts/browser.mjs'
import { root } from '../../../scripts/setup.mjs'

let folder: string

beforeEach(() => {
  // A short name: the browser's socket, three folders further down, must have a path of less than 108 characters.
  folder = mkdtempSync(join(tmpdir(), 'i-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const COMMANDS = [
  ['test', '--project', 'gpu', 'adapter'],
  ['bench', '--quick', '--case', 'elementwise'],
  ['conformance', '--on', 'chrome-swiftshader'],
  ['fuzz', '--project', 'gpu'],
]

// Windows has no process groups, to which a terminal sends its interrupts.
test.skipIf(process.platform === 'win32').each(COMMANDS)(
  'npm run %s, interrupted twice while its browser runs',
  async (name, ...args) => {
    const command = spawn(process.execPath, [join(root, `scripts/${name}.mjs`), ...args], {
      detached: true, // a process group of its own, as in a terminal
      stdio: 'ignore',
      env: { ...ownEnvironment(), TMPDIR: folder, PUPPETEER_EXECUTABLE_PATH: await findBrowser() },
    })
    const ended = once(command, 'exit')
    const interrupt = () => process.kill(-(command.pid as number), 'SIGINT')
    for (; profiles().length === 0; await setTimeout(50)) {
      expect(command.exitCode, 'it ended before its browser ran').toBeNull()
    }
    interrupt()
    await setTimeout(100)
    if (command.exitCode === null && command.signalCode === null) interrupt()
    await ended
    expect(readdirSync(folder)).toEqual([])
  },
)

/** Without what this run of Vitest has set for its own files. */
function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV)/.test(name)))
}

/** A profile in use: its browser has begun to write. */
function profiles(): string[] {
  try {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    return files.filter((file) => /puppeteer_dev_chrome_profile-[^/]*\/Default$/.test(file))
  } catch {
    return [] // a file went away while it was listed
  }
}
