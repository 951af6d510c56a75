// Runs under plain Node in the project that the package was installed into; prints one line of JSON for the test.
import { readFileSync } from 'node:fs'
import { createEngine } from 'noiseshape'
import { dropout, mask } from 'noiseshape/cpu'

const golden = JSON.parse(readFileSync('public/golden.json', 'utf8'))
const hex = (words) => Array.from(words, (word) => word.toString(16).padStart(8, '0'))
const floats = (words) =>
  new Float32Array(Uint32Array.from(words, (word) => Number.parseInt(word, 16)).buffer)
const drawOf = ({ rate, seed, stream, call, cellOffset }) => ({
  rate,
  seed: BigInt(seed),
  stream,
  step: BigInt(call),
  cellOffset,
})

const [maskAnswer, outputAnswer] = [golden.masks.find(({ cells }) => cells === 300), golden.outputs[2]]
const { shape, noiseShape } = outputAnswer
const output = dropout(floats(outputAnswer.x), { shape, noiseShape, ...drawOf(outputAnswer) })
const engine = await createEngine()

console.log(
  JSON.stringify({
    mask: hex(mask({ shape: [maskAnswer.cells], ...drawOf(maskAnswer) })),
    wantedMask: maskAnswer.words,
    output: hex(new Uint32Array(output.buffer)),
    wantedOutput: outputAnswer.y,
    backend: engine.backend,
    fallbackReason: engine.fallbackReason,
  }),
)
