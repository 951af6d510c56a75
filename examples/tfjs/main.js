import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { mcPredict, registerLayers } from 'noiseshape/tfjs'

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

await tf.ready() // the GPU where there is one
registerLayers() // TensorFlow.js has no SpatialDropout2D of its own
const model = await loadLayersModel('tfjs/model.json')
const images = tf.tensor([three, turned].flat(2), [2, 8, 8, 1])
const prediction = await mcPredict(model, images, { samples: 100, seed: 1, outputs: 'logits' })
const [mean, variance, mutualInformation] = await Promise.all(
  [prediction.mean, prediction.variance, prediction.mutualInformation].map((tensor) => tensor.data()),
)
tf.dispose([images, prediction])
model.dispose()

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
