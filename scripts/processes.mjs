// @ts-check
// What a script leaves behind when it ends or is stopped: no process, no temporary folder, no browser profile.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const STOPS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/** How long a folder must stay away to count as removed, and the longest wait for that. */
const REMOVED = { looks: 5, atMost: 50, everyMs: 200 }

/**
 * Makes one folder the temporary folder of this process and of all that it starts, and removes it when the process ends,
 * also by a signal. `onStop` adds what a signal has to end before that, and returns what takes it back.
 */
export function useTemporaryFolder() {
  /** @type {Set<string>} */
  const folders = new Set()
  const folderIn = (/** @type {string} */ parent, /** @type {string} */ prefix) => {
    const folder = mkdtempSync(join(parent, prefix))
    folders.add(folder)
    return folder
  }
  const folder = folderIn(tmpdir(), 'noiseshape-')
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder
  let stopping = false
  const clean = () => folders.forEach(stopping ? removeForGood : remove)
  process.on('exit', clean)
  /** @type {Set<() => void>} */
  const endings = new Set()
  for (const signal of STOPS) {
    // Not once: without a listener, a second Ctrl-C would end this process before it has cleaned up.
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      for (const end of endings) end()
      process.off('exit', clean)
      process.on('exit', clean) // now the last listener, after those by which puppeteer ends its browsers
      process.exit(1)
    })
  }
  return {
    folder,
    /** Another folder that ends with this process. `forget` removes it sooner. */
    folderIn,
    forget(/** @type {string} */ other) {
      remove(other)
      folders.delete(other)
    },
    onStop(/** @type {() => void} */ end) {
      endings.add(end)
      return () => endings.delete(end)
    },
  }
}

/** A worker in an endless loop hears no polite signal. */
export function endTree(/** @type {import('node:child_process').ChildProcess} */ { pid }) {
  if (!pid) return
  if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'])
  else {
    try {
      process.kill(-pid, 'SIGKILL') // the process group, which `detached` made
    } catch {
      // it has ended
    }
  }
}

function remove(/** @type {string} */ folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
}

/** A browser ends by itself when its pipe closes, and until then writes to its profile, which makes the folder again. */
function removeForGood(/** @type {string} */ folder) {
  for (let look = 0, gone = 0; gone < REMOVED.looks && look < REMOVED.atMost; look++) {
    gone = existsSync(folder) ? 0 : gone + 1
    try {
      remove(folder)
    } catch {
      // something has just written to it
    }
    pause(REMOVED.everyMs)
  }
}

function pause(/** @type {number} */ ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
