/** Set-ups of users: how each gets from the installed package to the line of test/package/consumer/bits.mjs. */

import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { fetchPackage, fetchRuntime } from '../../scripts/runtimes.mjs'
import { execute, runNpm } from '../support/packed.ts'

/** Runs in a project that has the package and the files of test/package/consumer; gives what the set-up printed. */
export interface Runtime {
  name: string
  everyDay?: true
  print(project: string): string
}

/** Builds a page from main.mjs, which runs bits.mjs in itself and in a module worker; gives the folder to serve. */
export interface Bundler {
  name: string
  everyDay?: true
  bundle(project: string): Promise<string>
}

const NODES = ['20.19.6', '22.23.3', '24.21.0']

const nodes = ['', ...NODES].flatMap((version): Runtime[] => {
  const name = version ? `Node ${version}` : `Node ${process.versions.node}, which runs the tests`
  const everyDay = version ? {} : ({ everyDay: true } as const)
  const node = () =>
    version ? binaryOf(`node-${process.platform}-${process.arch}@${version}`) : process.execPath
  return [
    { name: `${name}, import`, ...everyDay, print: (cwd) => execute(node(), ['print.mjs'], { cwd }) },
    { name: `${name}, require`, ...everyDay, print: (cwd) => execute(node(), ['print.cjs'], { cwd }) },
  ]
})

export const runtimes: Runtime[] = [
  ...nodes,
  {
    name: 'Deno 2.9.6',
    print(cwd) {
      const [deno] = fetchRuntime('deno').command
      return execute(deno, ['run', '-A', 'print.mjs'], { cwd })
    },
  },
  {
    name: 'Bun 1.4.5',
    print(cwd) {
      // For processors of any age; the package named bun picks one by a script that npm may not run.
      const baseline = process.arch === 'x64' ? '-baseline' : ''
      const bun = binaryOf(`@oven/bun-${process.platform}-${process.arch}${baseline}@1.4.5`)
      return execute(bun, ['print.mjs'], { cwd })
    },
  },
]

export const bundlers: Bundler[] = [
  {
    name: 'Vite 8',
    everyDay: true,
    bundle: (project) => viteBuild(build, project, 'vite-8'),
  },
  {
    name: 'Vite 7',
    async bundle(project) {
      const vite7: { build: typeof build } = await load('vite@7.3.8', 'vite/dist/node/index.js')
      return viteBuild(vite7.build, project, 'vite-7')
    },
  },
  {
    name: 'webpack 5',
    async bundle(project) {
      const { default: webpack } = await load('webpack@5.113.0', 'webpack/lib/index.js')
      const path = folderWith(project, 'webpack', '<script src="./main.mjs"></script>')
      const options = { mode: 'production', context: project, entry: './main.mjs' }
      await new Promise<void>((resolve, reject) => {
        webpack(
          { ...options, output: { path, filename: 'main.mjs' } },
          (error: Error | null, stats: Stats) => {
            if (error || stats.hasErrors() || stats.hasWarnings())
              reject(error ?? new Error(stats.toString()))
            else resolve()
          },
        )
      })
      return path
    },
  },
  {
    name: 'esbuild, ES modules with code splitting',
    async bundle(project) {
      const { build } = await import('esbuild')
      const outdir = folderWith(project, 'esbuild', MODULE)
      const options = { bundle: true, splitting: true, minify: true, format: 'esm', tsconfigRaw: {} } as const
      const entryPoints = ['main.mjs', 'worker.mjs']
      const outExtension = { '.js': '.mjs' }
      await build({
        ...options,
        absWorkingDir: project,
        entryPoints,
        outExtension,
        outdir,
        logLevel: 'error',
      })
      return outdir
    },
  },
  {
    name: 'Rollup, classic scripts',
    async bundle(project) {
      const { rollup } = await load('rollup@4.68.8', 'rollup/dist/es/rollup.js')
      const plugin = '@rollup/plugin-node-resolve'
      const { nodeResolve } = await load(`${plugin}@16.0.3`, `${plugin}/dist/es/index.js`)
      const folder = folderWith(project, 'rollup', '<script src="./main.mjs"></script>')
      for (const name of ['main.mjs', 'worker.mjs']) {
        const onwarn = (warning: { message: string }) => {
          throw new Error(warning.message)
        }
        const bundle = await rollup({ input: join(project, name), plugins: [nodeResolve()], onwarn })
        await bundle.write({ file: join(folder, name), format: 'iife' })
      }
      return folder
    },
  },
  {
    name: 'Next 16, on the server and in a client component',
    async bundle(project) {
      runNpm(project, 'install', '--no-audit', '--no-fund', 'next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1')
      const env = { NEXT_TELEMETRY_DISABLED: '1' }
      execute(process.execPath, ['node_modules/next/dist/bin/next', 'build'], { cwd: project, env })
      return join(project, 'out')
    },
  },
]

const MODULE = '<script type="module" src="./main.mjs"></script>'

interface Stats {
  hasErrors(): boolean
  hasWarnings(): boolean
}

/** Makes a folder in a project, with a page. */
function folderWith(project: string, name: string, script: string): string {
  const folder = join(project, 'built', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.html'), `<!doctype html><title>bits</title>${ICON}${script}`)
  return folder
}

/** Without it, a browser asks for one and notes an error. */
const ICON = '<link rel="icon" href="data:,">'

/** With no settings but the folders: what a user gets who writes none. */
async function viteBuild(vite: typeof build, project: string, name: string): Promise<string> {
  const root = join(project, name)
  cpSync(join(project, 'main.mjs'), join(root, 'main.mjs'))
  for (const file of ['bits.mjs', 'worker.mjs']) cpSync(join(project, file), join(root, file))
  writeFileSync(join(root, 'index.html'), `<!doctype html><title>bits</title>${ICON}${MODULE}`)
  await vite({ root, configFile: false, logLevel: 'error' })
  return join(root, 'dist')
}

/** A module of a package that is fetched. It has no types here. */
function load(wanted: string, path: string) {
  return import(pathToFileURL(join(fetchPackage(wanted), 'node_modules', path)).href)
}

/** The program in a package that has nothing else. */
function binaryOf(wanted: string): string {
  const [name] = wanted.split(/(?!^)@/)
  const file = name.startsWith('node-') ? 'node' : 'bun'
  const folder = join(fetchPackage(wanted), 'node_modules', name, 'bin')
  return join(folder, process.platform === 'win32' ? `${file}.exe` : file)
}
