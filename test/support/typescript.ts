/** The installed TypeScript, in this process: its programs share what they read, so that each further one costs little. */

import { isAbsolute, relative } from 'node:path'
import ts from 'typescript'
import { root } from '../../scripts/setup.mjs'

export const INSTALLED: string = ts.version

export interface Program {
  /** Their paths; relative ones begin at the root of the repository, whose package is `noiseshape` to them. */
  files: readonly string[]
  /** As in a tsconfig.json. */
  compilerOptions: object
  /** What is in those files that are on no disk, by path. */
  code?: Readonly<Record<string, string>>
}

const read = new Map<string, ts.SourceFile | undefined>()

/**
 * What the compiler says of these files and of the declarations in dist/. The declarations of other packages are read but
 * not checked: those of TensorFlow.js do not compile with `skipLibCheck: false`.
 *
 * @returns "docs/page.md.ts(2,5): error TS2322: ...", one for each error
 */
export function errorsOf({ files, compilerOptions, code = {} }: Program): string[] {
  const { options, errors } = ts.convertCompilerOptionsFromJson(compilerOptions, root)
  const onDisk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...onDisk,
    getCurrentDirectory: () => slashed(root),
    fileExists: (path) => pathIn(root, path) in code || onDisk.fileExists(path),
    getSourceFile(path, version, ...rest) {
      const text = code[pathIn(root, path)]
      if (text !== undefined) return ts.createSourceFile(path, text, version)
      const key = `${path} ${JSON.stringify(version)}`
      if (!read.has(key)) read.set(key, onDisk.getSourceFile(path, version, ...rest))
      return read.get(key)
    },
  }
  const program = ts.createProgram(files, options, host)
  const checked = program.getSourceFiles().filter(({ fileName }) => {
    const path = pathIn(root, fileName)
    return path.startsWith('dist/') || files.some((file) => pathIn(root, file) === path)
  })
  const found = [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ]
  return found.map((each) => ts.formatDiagnostic(each, host).trim())
}

/** TypeScript in, the same code without its types out. */
export function withoutTypes(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext }
  return ts.transpileModule(code, { compilerOptions }).outputText
}

function pathIn(folder: string, path: string): string {
  return slashed(isAbsolute(path) ? relative(folder, path) : path)
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}
