/**
 * The conformance suite: the same cases, from the same file, on every runtime, WGSL compiler and driver. `npm run
 * conformance` bundles this module and hands it the `GPU` of each; see scripts/conformance.mjs.
 */

import { bindings } from './bindings'
import { type Case, type Outcome, runCase } from './case'
import { knownAnswers } from './known-answers'
import { large } from './large'
import { pipelines } from './pipelines'
import { probe } from './probe'
import { sizes } from './sizes'
import { statistics } from './statistics'
import { values } from './values'
import { walks } from './walks'
import { windows } from './windows'

const cases: readonly Case[] = [
  ...pipelines,
  ...knownAnswers,
  ...windows,
  ...walks,
  ...sizes,
  ...values,
  ...bindings,
  ...statistics,
  ...probe,
  ...large,
]

export interface SuiteReport {
  adapter: string
  outcomes: readonly Outcome[]
}

/** Runs all cases on the first adapter of `gpu`; no adapter, or a device that is lost on the way, is an error. */
export async function runSuite(
  gpu: GPU | undefined,
  tell: (outcome: Outcome) => void = () => {},
): Promise<SuiteReport> {
  const adapter = await gpu?.requestAdapter()
  if (!adapter) throw new Error(gpu ? 'requestAdapter() gave null' : 'navigator.gpu is undefined')
  const device = await adapter.requestDevice({ label: 'conformance/device' })
  let lost: GPUDeviceLostInfo | undefined
  device.lost.then((info) => {
    lost = info
  })
  const outcomes: Outcome[] = []
  for (const each of cases) {
    const outcome = await runCase(device, each)
    outcomes.push(outcome)
    tell(outcome)
    if (lost) throw new Error(`the device was lost in "${each.group}: ${each.name}": ${lost.message}`)
  }
  device.destroy()
  return { adapter: nameOf(adapter.info), outcomes }
}

function nameOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed'
}
