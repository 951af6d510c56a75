// @ts-check
// npm runs this before `npm pack` and `npm publish`: a package is made of what the sources are now, in a fresh clone too.
// package.json sends what it prints to stderr: the output of `npm pack --json` is for programs.

import { spawnSync } from 'node:child_process'
import { npm, root, setUp } from './setup.mjs'

try {
  setUp()
  const { file, args, shell } = npm('run', '--silent', 'build')
  const { status } = spawnSync(file, args, { cwd: root, shell, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error('The library was not built, as it says above.')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
