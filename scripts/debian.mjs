// @ts-check
// Packages of Debian and Ubuntu. Plain Node only, as browser.mjs, which needs it.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** Why packages cannot be installed here; undefined where they can. */
export function whyNoDebianPackages() {
  if (!existsSync('/usr/bin/apt-get') || !/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(osRelease())) {
    return 'this is not Debian or Ubuntu'
  }
  return process.getuid?.() === 0 ? undefined : 'only root may install it with apt-get'
}

/** Installs packages as far as the network lets it: look whether what they bring is there afterwards. */
export function installDebianPackages(/** @type {string[]} */ ...names) {
  const network = [
    '-o',
    'Acquire::Retries=1',
    '-o',
    'Acquire::http::Timeout=30',
    '-o',
    'Acquire::https::Timeout=30',
  ]
  const aptGet = (/** @type {string[]} */ ...args) =>
    spawnSync('apt-get', [...network, '-qq', ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  aptGet('update') // one unreachable list is no reason to stop: the install will show
  aptGet('install', '-y', '--no-install-recommends', ...names)
}

function osRelease() {
  return existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
}
