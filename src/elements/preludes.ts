/** WGSL modules of each element type, by packet width: what a packet is, and how a kept value is scaled. */

import float32Source from '../../shaders/element-float32.wgsl?raw'
import scalarSource from '../../shaders/packet-scalar.wgsl?raw'
import vec4Source from '../../shaders/packet-vec4.wgsl?raw'
import type { ElementName } from './element.js'

export const PRELUDES: Record<ElementName, Record<1 | 4, readonly string[]>> = {
  float32: { 4: [vec4Source, float32Source], 1: [scalarSource, float32Source] },
}
