/** The generators in JavaScript, by name. */

import type { GeneratorName } from '../options.js'
import type { GeneratorCpu } from './generator.js'
import { nativeDrawer } from './native-1/keep-flags.js'

export const GENERATORS_CPU: Readonly<Record<GeneratorName, GeneratorCpu>> = {
  'native-1': { drawer: nativeDrawer },
}
