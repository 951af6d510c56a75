// @ts-check
// `npm run build && node test/golden/onnx/stochastic.mjs FOLDER`: makes the models of this folder stochastic with the
// built package, and writes them with the list of their noise inputs into FOLDER, for check_models.py.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { makeStochastic } = await import(new URL('../../../dist/onnx.js', import.meta.url).href)
const here = import.meta.dirname
const out = process.argv[2]
/** Points of the models whose Dropout nodes are not enough. @type {Record<string, object>} */
const OPTIONS = {
  inference: {
    points: [
      { tensor: 'maps', rate: 0.3, noiseShape: [null, null, 1, 1] },
      { tensor: 'x', rate: 0.1 },
      { tensor: 'w', rate: 0.2, noiseShape: [null, 1] },
    ],
  },
  'dropout-in-function': { points: [{ tensor: 'hidden', rate: 0.5 }] },
}

for (const file of readdirSync(here).filter((name) => name.endsWith('.onnx'))) {
  const name = file.slice(0, -'.onnx'.length)
  const { model, inputs } = makeStochastic(readFileSync(join(here, file)), OPTIONS[name])
  writeFileSync(join(out, file), model)
  writeFileSync(join(out, `${name}.json`), JSON.stringify(inputs))
}
copyFileSync(join(here, 'external.data'), join(out, 'external.data'))
