/** The code of README.md and docs/, block by block, with the output that stands below it. */

export interface Example {
  /** docs/webgpu.md: import { createDropout } from 'noiseshape/webgpu' */
  name: string
  file: string
  /** Of its first line in that file, from 1. */
  line: number
  code: string
  /** Marked as JavaScript that has no types: ```js untyped. */
  untyped: boolean
  /** What it prints; undefined where the page does not say. */
  output: string | undefined
  /** The modules that it imports. */
  imports: string[]
}

const sources = import.meta.glob<string>(['../../README.md', '../../docs/*.md'], {
  query: '?raw',
  import: 'default',
  eager: true,
})

export const examples: Example[] = Object.entries(sources).flatMap(([path, markdown]) => {
  const file = path.replace('../../', '')
  const blocks = markdown.matchAll(/```[jt]s( untyped)?\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)
  return Array.from(blocks, ({ 1: untyped, 2: code, 3: output, index }) => ({
    name: `${file}: ${code.split('\n', 1)[0]}`,
    file,
    line: markdown.slice(0, index).split('\n').length + 1,
    code,
    untyped: untyped !== undefined,
    output,
    imports: Array.from(code.matchAll(/^import (?:.* from )?'(.*?)'/gm), ([, name]) => name),
  }))
})

/** Examples that need a GPU, or ONNX Runtime Web: test/gpu runs them. One that imports a module of Node runs here. */
export function needsBrowser({ imports }: Example): boolean {
  if (imports.some((name) => name.startsWith('node:'))) return false
  return imports.some((name) => /^(noiseshape\/(webgpu|onnx)|onnxruntime-web)/.test(name))
}

/** A block that is one file of several, by the comment in its first line: // worker.js */
export function fileNameOf({ code }: Example): string | undefined {
  return /^\/\/ (\S+\.(?:m?js|ts))\n/.exec(code)?.[1]
}

/** The example of a page that begins with that file name. */
export function fileNamed(file: string, name: string): Example {
  const found = examples.find((example) => example.file === file && fileNameOf(example) === name)
  if (!found) throw new Error(`internal: ${file} has no ${name}`)
  return found
}

/**
 * Runs code with these modules and these global variables. Resolves to what it exports, by name.
 *
 * @param exported names that it exports
 */
export function run(
  code: string,
  modules: Readonly<Record<string, object>>,
  globals: Readonly<Record<string, unknown>> = {},
  exported: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const body = code
    .replace(/^import '.*'.*$/gm, '')
    .replace(/^import (?:\* as )?(.*) from '(.*)';?$/gm, (_, names: string, name: string) => {
      if (!(name in modules)) throw new Error(`internal: the example imports ${name}`)
      return `const ${names.replaceAll(' as ', ': ')} = modules['${name}']`
    })
    .replace(/^export default /gm, 'const defaultExport = ')
    .replace(/^export /gm, '')
    .replaceAll('import.meta.url', "'http://localhost/page.js'")
  const source = `return (async () => {${body}\nreturn { ${exported.join(', ')} }})()`
  return new Function('modules', ...Object.keys(globals), source)(modules, ...Object.values(globals))
}

/** What code prints, line by line. */
export async function printed(
  code: string,
  modules: Readonly<Record<string, object>>,
  globals: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const lines: string[] = []
  await run(code, modules, {
    ...globals,
    console: { log: (...words: unknown[]) => lines.push(words.join(' ')) },
  })
  return lines.map((line) => `${line}\n`).join('')
}
