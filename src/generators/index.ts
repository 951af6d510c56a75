/**
 * The generators by name. To add one: a folder next to native-1, its name in options.ts, and a line here and in cpu.ts,
 * wgsl.ts and, if it has WebAssembly, simd.ts.
 */

import type { GeneratorName } from '../options.js'
import { reject } from '../validation.js'
import type { Generator } from './generator.js'
import { native1 } from './native-1/index.js'

const GENERATORS = { 'native-1': native1 } as const satisfies Record<GeneratorName, Generator>

/** Reads the option `generator`. Default: the newest version of the native stream. */
export function readGenerator(name: unknown): Generator {
  if (name === undefined) return native1
  const found = typeof name === 'string' && Object.hasOwn(GENERATORS, name)
  if (!found) {
    const rule = `it must be one of ${Object.keys(GENERATORS)
      .map((known) => `'${known}'`)
      .join(', ')}`
    reject(
      typeof name === 'string' ? RangeError : TypeError,
      'generator',
      name,
      rule,
      "Leave it out for 'native-1'",
    )
  }
  return GENERATORS[name as GeneratorName]
}
