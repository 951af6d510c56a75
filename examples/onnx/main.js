import { createMonteCarloSession } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-web/webgpu'

// A handwritten 3, ink from 0 to g = 16, and the same on its side, which the network has never seen.
const three = [
  '01cgg900',
  '0bf97g30',
  '0d31af10',
  '000bg800',
  '0005fg50',
  '00000ad0',
  '00748f90',
  '00dggc10',
].map((row) => Array.from(row, (ink) => Number.parseInt(ink, 17) / 16))
const turned = three.map((_, i) => three.map((row) => row[7 - i]))

const model = await (await fetch('digits.onnx')).arrayBuffer()
const session = await createMonteCarloSession(ort, model, {
  // ONNX has a Dropout and no Dropout2d: the point that was one gets its noise shape back.
  points: [{ node: 'spatial', noiseShape: [null, null, 1, 1] }, { node: 'dropout' }],
})
const image = new ort.Tensor('float32', [three, turned].flat(2), [2, 1, 8, 8])
const { mean, variance, mutualInformation } = await session.predict(
  { image },
  { samples: 100, seed: 1, outputs: 'logits' },
)
await session.release()

document.querySelector('main').innerHTML = [three, turned].map(section).join('')

function section(digit, i) {
  const shades = digit.map((row) => row.map((ink) => ' ░▒▓█'[Math.round(ink * 4)].repeat(2)).join(''))
  const rows = Array.from({ length: 10 }, (_, value) => {
    const at = i * 10 + value
    const spread = Math.sqrt(variance[at]) // from pass to pass
    return `<tr><td>${value}</td><td><meter value="${mean[at]}"></meter></td>
      <td>${mean[at].toFixed(3)} ± ${spread.toFixed(3)}</td></tr>`
  })
  return `<section><pre>${shades.join('\n')}</pre><table>${rows.join('')}</table>
    <p>mutual information: <output>${mutualInformation[i].toFixed(3)}</output> nats</p></section>`
}
