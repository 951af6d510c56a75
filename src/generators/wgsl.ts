/** The generators in WGSL, by name. */

import type { GeneratorName } from '../options.js'
import type { GeneratorShader } from './generator.js'
import { DRAW_PARAMS, writeDrawParams } from './native-1/draw-params.js'
import keepFlagsSource from './native-1/keep-flags.wgsl?raw'
import threefrySource from './native-1/threefry4x32.wgsl?raw'

export const GENERATORS_WGSL: Readonly<Record<GeneratorName, GeneratorShader>> = {
  'native-1': {
    modules: [threefrySource, keepFlagsSource],
    bytes: DRAW_PARAMS.size,
    write: writeDrawParams,
  },
}
