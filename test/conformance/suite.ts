/**
 * The conformance suite as one portable module: `npm run conformance` bundles it and runs it on every runtime, WGSL
 * compiler and driver (scripts/conformance.mjs). `npm test` runs CASES as tests of the gpu project.
 */

import { type Outcome, runCase } from './case'
import { CASES, LONG_CASES } from './cases'

export interface SuiteReport {
  adapter: string
  outcomes: readonly Outcome[]
}

/** Runs all cases on the first adapter of `gpu`; no adapter, or a device that is lost on the way, is an error. */
export async function runSuite(
  gpu: GPU | undefined,
  onOutcome: (outcome: Outcome) => void = () => {},
): Promise<SuiteReport> {
  const adapter = await gpu?.requestAdapter()
  if (!adapter) throw new Error(gpu ? 'requestAdapter() gave null' : 'navigator.gpu is undefined')
  const device = await adapter.requestDevice({ label: 'conformance/device' })
  let lost: GPUDeviceLostInfo | undefined
  device.lost.then((info) => {
    lost = info
  })
  const outcomes: Outcome[] = []
  for (const each of [...CASES, ...LONG_CASES]) {
    const outcome = await runCase(device, each)
    outcomes.push(outcome)
    onOutcome(outcome)
    if (lost) throw new Error(`the device was lost in "${each.group}: ${each.name}": ${lost.message}`)
  }
  device.destroy()
  return { adapter: nameOf(adapter.info), outcomes }
}

function nameOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed'
}
