/** The package as npm makes and installs it, in its own folder. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { npm, root } from '../../scripts/setup.mjs'

export interface Packed {
  filename: string
  files: { path: string; size: number }[]
}

/** Packs the library as it is now into a folder; gives what npm says of the package. */
export function pack(folder: string): Packed {
  buildIfStale()
  const [packed] = JSON.parse(
    runNpm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder),
  )
  return packed
}

/** Packs the library and installs it into an empty project; gives what npm says of the package. */
export function installPacked(project: string): Packed {
  const packed = pack(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  // Offline: the package has no dependencies, so there is nothing to fetch.
  runNpm(project, 'install', '--offline', '--no-audit', '--no-fund', `./${packed.filename}`)
  return packed
}

/** Gives a project a package of this repository, which is there already, in place of one from the network. */
export function linkPackage(project: string, name: string): void {
  const link = join(project, 'node_modules', name)
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), link, 'junction') // what Windows lets everybody make
}

/** Builds the library, unless dist/ is as new as what it is made from. */
export function buildIfStale(): void {
  if (isStale()) runNpm(root, 'run', 'build')
}

/** Something that the build reads is newer than what it wrote. */
function isStale() {
  const times = (path: string): number[] => {
    if (!existsSync(path)) return []
    if (!statSync(path).isDirectory()) return [statSync(path).mtimeMs]
    return readdirSync(path).flatMap((name) => times(join(path, name)))
  }
  const inputs = [
    'src',
    'shaders',
    'package.json',
    'vite.config.ts',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/assemblyscript.mjs',
    'scripts/declarations.mjs',
  ]
  const built = times(join(root, 'dist'))
  const newest = Math.max(...inputs.flatMap((input) => times(join(root, input))))
  return built.length === 0 || newest > Math.min(...built)
}

export function runNpm(cwd: string, ...args: string[]) {
  const { file, args: all, shell } = npm(...args)
  return execute(file, all, { cwd, shell })
}

export function runNode(cwd: string, ...args: string[]) {
  return execute(process.execPath, args, { cwd })
}

/** What a command printed; where it fails, the error holds all that it said. */
export function execute(
  file: string,
  args: string[],
  { env: more, ...options }: { cwd: string; shell?: boolean; env?: Record<string, string> },
) {
  // The npm that runs the tests leaves its own settings in the environment: a user's project has none of them.
  const given = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_/i.test(name))
  const env = { ...Object.fromEntries(given), ...more }
  try {
    return execFileSync(file, args, { ...options, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${[file, ...args].join(' ')} failed:\n${stdout}\n${stderr}`)
  }
}
