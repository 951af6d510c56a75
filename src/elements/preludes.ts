/** WGSL modules of each element type: the width of a packet, and how a kept value is scaled. */

import float32Source from '../../shaders/element-float32.wgsl?raw'
import scalarSource from '../../shaders/packet-scalar.wgsl?raw'
import vec4Source from '../../shaders/packet-vec4.wgsl?raw'

/** float32 modules by packet width. */
export const float32Preludes = {
  4: [vec4Source, float32Source],
  1: [scalarSource, float32Source],
} as const
