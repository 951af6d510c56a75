/** The generators in WebAssembly, by name. JavaScript draws all masks of one that is not here. */

import type { GeneratorName } from '../options.js'
import type { GeneratorSimd } from './generator.js'
import { writeDrawParams } from './native-1/draw-params.js'
import keepFlagsModule from './native-1/keep-flags.simd.ts?wasm'

export const GENERATORS_SIMD: Readonly<Partial<Record<GeneratorName, GeneratorSimd>>> = {
  'native-1': { module: keepFlagsModule, write: writeDrawParams },
}
