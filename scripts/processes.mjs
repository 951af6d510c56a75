// @ts-check
// What a script leaves behind when it ends or is stopped: no process, no temporary folder, no browser profile.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const STOPS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * Makes one folder the temporary folder of this process and of all that it starts, and removes it when the process ends,
 * also by a signal. `onStop` adds what a signal has to end before that, and returns what takes it back.
 */
export function useTemporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'noiseshape-'))
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }))
  /** @type {Set<() => void>} */
  const endings = new Set()
  for (const signal of STOPS) {
    process.once(signal, () => {
      for (const end of endings) end()
      pause(1000) // a browser ends by itself when its pipe closes, and writes to its profile until then
      process.exit(1)
    })
  }
  return {
    folder,
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

function pause(/** @type {number} */ ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
