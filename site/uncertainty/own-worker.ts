/** The worker that runs this page's own forward pass. */

import { featureMaps, logits, readWeights, softmax } from '../../models/digits/forward.js'
import { serve } from './serve.js'

serve(async (bytes) => {
  const weights = readWeights(bytes)
  return {
    backend: 'cpu',
    name: "this page's own forward pass",
    device: 'the CPU',
    on(image) {
      const maps = featureMaps(weights, image)
      return (draw) => softmax(logits(weights, maps, draw))
    },
  }
})
