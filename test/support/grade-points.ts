/** Compares the suggested points of a model with the tensors where its network had dropout in training. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Suggestion } from 'noiseshape/onnx'

/** An entry of a file of truth. */
export interface TruePoint {
  tensor: string
  rate: number | null
  kind: string
}

export interface GradedFile {
  name: string
  /** Tensors with dropout in training. */
  truth: ReadonlySet<string>
  suggestions: readonly Suggestion[]
}

/** Each NAME.onnx.gz of a folder beside its NAME.json. */
export function gradedFiles(
  folder: string,
  suggest: (model: Uint8Array) => readonly Suggestion[],
): GradedFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.onnx.gz'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.onnx.gz'.length)
      const points: TruePoint[] = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
      return {
        name,
        truth: new Set(points.map(({ tensor }) => tensor)),
        suggestions: suggest(new Uint8Array(gunzipSync(readFileSync(join(folder, file))))),
      }
    })
}

export interface Grade {
  /** Tensors suggested with high confidence, and how many of them are right. */
  high: number
  right: number
  /** Tensors with dropout in training, and how many are suggested with any confidence. */
  truth: number
  listed: number
}

export const precision = ({ high, right }: Grade): number => (high === 0 ? 1 : right / high)
export const recall = ({ truth, right }: Grade): number => (truth === 0 ? 1 : right / truth)

/** The grade of all suggestions of some files, or of those of one kind. */
export function grade(files: readonly GradedFile[], kind?: string): Grade {
  const sum: Grade = { high: 0, right: 0, truth: 0, listed: 0 }
  for (const { truth, suggestions } of files) {
    const own = suggestions.filter((suggestion) => kind === undefined || suggestion.kind === kind)
    const high = new Set(own.flatMap(({ tensor, confidence }) => (confidence === 'high' ? [tensor] : [])))
    const listed = new Set(own.flatMap(({ tensor }) => (truth.has(tensor) ? [tensor] : [])))
    sum.high += high.size
    sum.right += [...high].filter((tensor) => truth.has(tensor)).length
    sum.listed += listed.size
    sum.truth += kind === undefined ? truth.size : listed.size // the truth does not say its kinds
  }
  return sum
}
