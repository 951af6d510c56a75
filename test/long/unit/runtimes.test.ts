/** docs/node-and-deno.md: its files run in Node with the package webgpu, and in Deno, on SwiftShader. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import { fetchRuntime } from '../../../scripts/runtimes.mjs'
import { findDriver } from '../../../scripts/vulkan.mjs'
import { fileNamed } from '../../support/examples'
import { installPacked } from '../../support/packed'

let project: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'noiseshape-runtimes-'))
  installPacked(project)
})
afterAll(() => rmSync(project, { recursive: true, force: true }))

/** The variables by which Vulkan takes SwiftShader; skips the test where there is none, and says why. */
async function driver({ skip }: TestContext): Promise<Record<string, string>> {
  const found = await findDriver('swiftshader', { install: false }).catch((error: Error) =>
    skip(error.message),
  )
  return found.environment
}

function runFile(name: string, code: string, command: string[], environment: Record<string, string>): string {
  writeFileSync(join(project, name), code)
  const [file, ...args] = command
  const env = { ...process.env, ...environment }
  return execFileSync(file, [...args, name], { cwd: project, env, encoding: 'utf8' })
}

test('Node computes on the GPU, and prints what the page says', async (context) => {
  const environment = await driver(context)
  const { folder, command } = fetchRuntime('node')
  symlinkSync(join(folder, 'node_modules/webgpu'), join(project, 'node_modules/webgpu'), 'junction')
  const { code, output } = fileNamed('docs/node-and-deno.md', 'gpu.mjs')
  expect(runFile('gpu.mjs', code, command, environment)).toBe(output)
})

test('Deno finds the adapter behind its flag', async (context) => {
  const environment = await driver(context)
  const { code } = fileNamed('docs/node-and-deno.md', 'deno.js')
  // The package of this clone in place of the published one.
  const printed = runFile('deno.js', code.replace('npm:', ''), fetchRuntime('deno').command, environment)
  expect(printed).toMatch(/^cpu noiseshape: WebGPU offers only a software adapter/)
})
