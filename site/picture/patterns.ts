/** The patterns that the page offers: how each turns the picture into a tensor, and its noise shape. */

import { type NoiseShape, spatialNoiseShape } from 'noiseshape'
import type { Layout, Sheet } from './picture.js'

/** The library call behind a pattern. */
export type Layer =
  | { method: 'dropout' }
  | { method: 'spatialDropout1D' | 'spatialDropout2D'; dataFormat: 'channelsLast' | 'channelsFirst' }

export interface Pattern {
  id: string
  label: string
  /** One sentence: what is dropped together, and what for. */
  about: string
  layout: Layout
  layer: Layer
  shape(sheet: Sheet): number[]
  noiseShape(sheet: Sheet): NoiseShape | null
}

const asPicture: Layout = { copies: 1, channels: 'last' }
const pictureShape = ({ width, height }: Sheet) => [height, width, 3]
const batchShape = ({ layout, width, height }: Sheet) => [layout.copies, height, width, 3]
/** Pixels in the order in which one reads them are a sequence: of a picture per row, dropped channels would look like rows. */
const sequenceShape = ({ layout, width, height }: Sheet) => [layout.copies, height * width, 3]
const dropout: Layer = { method: 'dropout' }

/** The largest usual patch that divides a picture evenly; a picture of 16 px or more is trimmed to fit 16. */
const patch = ({ width, height }: Sheet) =>
  [16, 8, 4, 2, 1].find((p) => width % p === 0 && height % p === 0) ?? 1

export const patterns: readonly Pattern[] = [
  {
    id: 'dropout',
    label: 'Dropout',
    about: 'Every value is drawn on its own: a pixel can lose its red and keep its green and blue.',
    layout: asPicture,
    layer: dropout,
    shape: pictureShape,
    noiseShape: () => null,
  },
  {
    id: 'pixels',
    label: 'Whole pixels',
    about: 'One draw for the three colours of a pixel: it is kept or dropped as a whole.',
    layout: asPicture,
    layer: dropout,
    shape: pictureShape,
    noiseShape: () => [null, null, 1],
  },
  {
    id: 'rows',
    label: 'Rows',
    about: 'One draw per row: if rows are words, this drops whole words of a sentence.',
    layout: asPicture,
    layer: dropout,
    shape: pictureShape,
    noiseShape: () => [null, 1, 1],
  },
  {
    id: 'columns',
    label: 'Columns',
    about: 'One draw per column. A shorter noise shape would be aligned to the right, as in NumPy.',
    layout: asPicture,
    layer: dropout,
    shape: pictureShape,
    noiseShape: () => [1, null, 1],
  },
  {
    id: 'patches',
    label: 'Patches',
    about:
      'The same values seen as a grid of patches, one draw per patch: a way to hide parts from a vision model.',
    layout: asPicture,
    layer: dropout,
    shape: (sheet) => {
      const side = patch(sheet)
      return [sheet.height / side, side, sheet.width / side, side, 3]
    },
    noiseShape: () => [null, 1, null, 1, 1],
  },
  {
    id: 'spatial1d',
    label: 'SpatialDropout1D',
    about:
      'Nine examples. Each is one sequence, its pixels are the steps: it loses a whole colour, at every step.',
    layout: { copies: 9, channels: 'last' },
    layer: { method: 'spatialDropout1D', dataFormat: 'channelsLast' },
    shape: sequenceShape,
    noiseShape: (sheet) => spatialNoiseShape(sequenceShape(sheet)),
  },
  {
    id: 'spatial2d',
    label: 'SpatialDropout2D',
    about: 'A batch of nine, one draw for each whole colour channel of each example.',
    layout: { copies: 9, channels: 'last' },
    layer: { method: 'spatialDropout2D', dataFormat: 'channelsLast' },
    shape: batchShape,
    noiseShape: (sheet) => spatialNoiseShape(batchShape(sheet)),
  },
  {
    id: 'spatial2d-first',
    label: 'SpatialDropout2D channelsFirst',
    about: 'The same for a tensor with its channels first, as PyTorch and ONNX do.',
    layout: { copies: 9, channels: 'first' },
    layer: { method: 'spatialDropout2D', dataFormat: 'channelsFirst' },
    shape: ({ width, height }) => [9, 3, height, width],
    noiseShape: ({ width, height }) => spatialNoiseShape([9, 3, height, width], 'channelsFirst'),
  },
  {
    id: 'droppath',
    label: 'DropPath',
    about: 'One draw for each example of the batch (stochastic depth): it is kept or dropped whole.',
    layout: { copies: 9, channels: 'last' },
    layer: dropout,
    shape: batchShape,
    noiseShape: () => [null, 1, 1, 1],
  },
  {
    id: 'batch-mask',
    label: 'One mask for the batch',
    about:
      'Every example loses the same values: one sampled network for the whole batch (Monte Carlo dropout).',
    layout: { copies: 4, channels: 'last' },
    layer: dropout,
    shape: batchShape,
    noiseShape: () => [1, null, null, null],
  },
]

/** Shown for a noise shape that is not in the list. */
export const CUSTOM = {
  id: 'custom',
  label: 'Custom',
  layer: dropout,
  about:
    'Your own shapes for the same values: each entry of the noise shape is 1, the tensor’s size, or null for it.',
}
