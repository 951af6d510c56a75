/** How work is divided on a device. The only place that knows adapters by name; it has no effect on the results. */

import type { Tuning } from '../plan.js'

/**
 * On hardware, neighbouring threads should read neighbouring addresses, and arithmetic is free compared with memory: a
 * thread takes one packet, or a few down a column. On a software adapter every thread and every instruction costs time,
 * so a thread takes many packets and checks them together.
 */
export function tuningFor({ adapterInfo }: GPUDevice): Tuning {
  if (!isSoftware(adapterInfo)) return HARDWARE
  return names(adapterInfo, /swiftshader/i) ? SWIFTSHADER : SOFTWARE
}

/** Whether an adapter runs on the CPU. */
export function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  return info?.isFallbackAdapter === true || names(info, /swiftshader|llvmpipe/i)
}

const HARDWARE: Tuning = {
  workgroupSize: 64,
  groupsPerThread: 1,
  packetsPerThread: { rows: 1, columns: 8 },
  fewestThreads: 1,
  fewestPackets: 1,
  columnPackets: 1,
  mostTurns: Number.POSITIVE_INFINITY,
  longestRow: Number.POSITIVE_INFINITY,
  trusting: false,
  rotation: 'shift',
}

const SWIFTSHADER: Tuning = {
  workgroupSize: 4, // a SIMD unit's; a workgroup runs on one core, so few threads use more cores
  groupsPerThread: 64,
  packetsPerThread: { rows: 4096, columns: 4096 },
  fewestThreads: 32, // for eight cores; with 128, [32, 768] takes a third longer on two
  fewestPackets: 64, // about as much time as four threads cost beside their work; with 8, 2^10 elements take 1.5 times
  columnPackets: 4,
  mostTurns: Number.POSITIVE_INFINITY,
  longestRow: 16_384, // 64 KiB: in longer rows, each step down a column touches another memory page
  trusting: true,
  rotation: 'float',
}

/** E.g. llvmpipe, whose compiler vectorizes flags and shifts, and which is faster on consecutive addresses. */
const SOFTWARE: Tuning = {
  ...SWIFTSHADER,
  workgroupSize: 8,
  groupsPerThread: 1,
  packetsPerThread: { rows: 512, columns: 512 }, // in a tensor of eight dims, up to 37 000 turns
  // llvmpipe leaves the loops of a thread after 65 535 turns in all, without an error (lp_bld_limits.h of Mesa).
  mostTurns: 60_000,
  longestRow: 0,
  rotation: 'shift',
}

function names(info: GPUAdapterInfo | undefined, pattern: RegExp): boolean {
  return pattern.test(`${info?.architecture} ${info?.description}`)
}
