/** The probe that users run finds what this suite finds: nothing. */

import { probeDevice } from '../../src/webgpu/index.js'
import type { Case } from './case'

export const probe: readonly Case[] = [
  {
    group: 'probe',
    name: 'finds that the device conforms',
    async run({ device }) {
      const { conforms, values, example } = await probeDevice(device)
      if (!conforms || values < 4096) throw new Error(`${values} values: ${example}`)
    },
  },
]
