/** How work is divided on a device: the one place that knows adapters by name. It changes no bit. */

import type { Tuning } from '../plan.js'

/**
 * On hardware neighbouring threads must read neighbouring addresses, and arithmetic is free beside memory: a thread
 * takes one packet, or a few down a column. A software adapter pays for each thread and each instruction, so there a
 * thread takes many packets and checks them together.
 */
export function tuningFor({ adapterInfo }: GPUDevice): Tuning {
  if (!isSoftware(adapterInfo)) return HARDWARE
  return names(adapterInfo, /swiftshader/i) ? SWIFTSHADER : SOFTWARE
}

/** Whether an adapter computes on the processor. */
export function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  return info?.isFallbackAdapter === true || names(info, /swiftshader|llvmpipe/i)
}

const HARDWARE: Tuning = {
  workgroupSize: 64,
  groupsPerThread: 1,
  packetsPerThread: { rows: 1, columns: 8 },
  columnPackets: 1,
  longestRow: Number.POSITIVE_INFINITY,
  trusting: false,
  rotation: 'shift',
}

const SWIFTSHADER: Tuning = {
  workgroupSize: 64,
  groupsPerThread: 64,
  packetsPerThread: { rows: 4096, columns: 4096 },
  columnPackets: 4,
  longestRow: 16_384, // 64 KiB: with longer steps, each row of a column is another page for the processor
  trusting: true,
  rotation: 'float',
}

/** A compiler such as llvmpipe's makes vectors of flags and shifts, and its memory likes consecutive addresses better. */
const SOFTWARE: Tuning = {
  ...SWIFTSHADER,
  groupsPerThread: 1,
  packetsPerThread: { rows: 512, columns: 512 },
  longestRow: 0,
  rotation: 'shift',
}

function names(info: GPUAdapterInfo | undefined, pattern: RegExp): boolean {
  return pattern.test(`${info?.architecture} ${info?.description}`)
}
