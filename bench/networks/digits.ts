/** The trained network of models/digits, with images that it finds hard. */

import { readDigit, toInput } from '../../models/digits/digits.js'
import trained from '../../models/digits/digits.onnx?url&inline'
import inference from '../../models/digits/digits-inference.onnx?url&inline'
import { samples as images } from '../../models/digits/samples.json'
import type { NetworkName } from './names.js'
import type { Network } from './network.js'

/** The input is [rows, 1, 8, 8], which is also [rows, 8, 8, 1]: ink from 0 to 1. */
export function digits(name: NetworkName, rows: number): Network {
  // The strangest images first: for a plain digit all samples agree, which leaves little to check.
  const places = Array.from({ length: rows }, (_, i) => images.length - 1 - i)
  const values = toInput(places.map((image) => readDigit(images[image].pixels)))
  return {
    name,
    rows,
    classes: 10,
    input: { name: 'image', dims: [rows, 1, 8, 8], values },
    // models/digits/README.md says why the first point needs its noise shape stated.
    points: [{ node: 'spatial', noiseShape: [null, null, 1, 1] }, { node: 'dropout' }],
    model: () => read(trained),
    inferenceModel: () => read(inference),
    images: places,
  }
}

async function read(url: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(url)).arrayBuffer())
}
