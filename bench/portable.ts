/** The benchmark without a browser, as one file: Node with the npm package `webgpu`, or Deno. See README.md here. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { cases, quickCases } from './cases.js'
import { openDevice } from './device.js'
import { portablePeers, portablePredictors } from './peers/portable.js'
import { runBenchmark } from './run.js'
import { select, selectPeers } from './select.js'
import { textTables, withSection } from './tables.js'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    case: { type: 'string', multiple: true, default: [] },
    peer: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    markdown: { type: 'string' },
  },
})

/** Node has no WebGPU of its own; what `create` gives must stay referenced, or the process crashes. */
async function nodeGpu(): Promise<GPU | undefined> {
  const { create, globals } = await import('webgpu')
  Object.assign(globalThis, globals)
  return create([])
}

const { versions, platform, arch } = process
const inDeno = 'deno' in versions
const gpu = inDeno ? undefined : await nodeGpu()
const opened = await openDevice(gpu)
if (gpu) Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true })
const names = values.quick && values.case.length === 0 ? quickCases : values.case
const report = await runBenchmark({
  cases: select('case', cases, names),
  peers: selectPeers([...portablePeers, ...portablePredictors], values.peer),
  machine: {
    runtime: inDeno ? `Deno ${versions.deno}` : `Node ${versions.node}`,
    platform: `${platform} ${arch}`,
    cores: availableParallelism(),
    ...(opened.device ? { adapter: opened.adapter } : { noAdapter: opened.noAdapter }),
  },
  device: opened.device,
  quick: values.quick,
  coldStart: values.case.length === 0,
  onProgress: ({ share, what }) => console.error(`${String(Math.round(share * 100)).padStart(3)} %  ${what}`),
})
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
if (values.markdown) {
  const file = existsSync(values.markdown) ? readFileSync(values.markdown, 'utf8') : ''
  writeFileSync(values.markdown, withSection(file, report))
}
console.log(textTables(report))
process.exit(0) // Dawn's threads would keep the process alive
