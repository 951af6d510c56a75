/** Picture in, tensor out: a file becomes RGB pixels of a size that fits the page, and these a Float32Array. */

import { context } from '../shared/canvas.js'

/** Three pictures of this width stand side by side in a 1280 px window, one tensor value a screen pixel. */
const MAX_SIDE = 384

/** Sides are trimmed to a multiple of this, so that patches of 16 x 16 pixels cover a picture exactly. */
const TRIM = 16

/** A picture ready to be made into tensors. */
export interface Picture {
  name: string
  /** Size of the file's picture, before it was scaled and trimmed. */
  original: { width: number; height: number }
  width: number
  height: number
  /** Not a canvas, which loses its pixels when the GPU is lost. */
  pixels: ImageData
}

/** How a picture is laid out as a tensor: as itself (1 copy) or as a batch of smaller copies, in either data format. */
export interface Layout {
  /** 1, 4 or 9: a square number, so that the copies are shown as a square sheet. */
  copies: number
  channels: 'last' | 'first'
}

/** The values of a tensor and the size of one copy in it. */
export interface Sheet {
  values: Float32Array
  layout: Layout
  width: number
  height: number
}

/** Reads any file that the browser can show as a picture. Throws an Error that can be shown as it is. */
export async function readPicture(file: Blob, name: string): Promise<Picture> {
  const address = URL.createObjectURL(file)
  try {
    return await readAddress(address, name)
  } finally {
    URL.revokeObjectURL(address)
  }
}

/** Reads the picture at an address of this page. Throws an Error that can be shown as it is. */
export async function readAddress(address: string, name: string): Promise<Picture> {
  const image = new Image()
  image.src = address
  try {
    await image.decode() // an <img>, not createImageBitmap: it also reads SVG, and turns a photo as its EXIF says
  } catch {
    throw new Error(
      `${name} cannot be read as a picture by this browser. Choose a PNG, JPEG, WebP, GIF or SVG file instead.`,
    )
  }
  const width = image.naturalWidth || MAX_SIDE // an SVG need not have a size
  const height = image.naturalHeight || MAX_SIDE
  const shrink = Math.min(1, MAX_SIDE / Math.max(width, height))
  const picture = {
    name,
    original: { width, height },
    width: trim(Math.round(width * shrink)),
    height: trim(Math.round(height * shrink)),
  }
  const drawn = draw(image, picture.width / shrink, picture.height / shrink, picture)
  return { ...picture, pixels: context(drawn).getImageData(0, 0, picture.width, picture.height) }
}

/** Lays a picture out as a tensor: RGB in [0, 1], row-major. */
export function toTensor(picture: Picture, layout: Layout): Sheet {
  const side = Math.sqrt(layout.copies)
  const gaps = (side - 1) * GAP // the sheet with its gaps is as large as the picture itself
  const width = Math.max(1, Math.floor((picture.width - gaps) / side))
  const height = Math.max(1, Math.floor((picture.height - gaps) / side))
  const copy = draw(canvasOf(picture.pixels), picture.width, picture.height, { width, height })
  const rgba = context(copy).getImageData(0, 0, width, height).data
  const one = width * height * 3
  const values = new Float32Array(one * layout.copies)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const at = layout.channels === 'last' ? pixel * 3 + channel : channel * width * height + pixel
      values[at] = rgba[pixel * 4 + channel] / 255
    }
  }
  for (let n = 1; n < layout.copies; n++) values.copyWithin(n * one, 0, one)
  return { values, layout, width, height }
}

/** Pixels between the copies of a sheet. */
export const GAP = 2

/** Draws the middle of a source, of the size given, onto a canvas of its own; what is transparent becomes white. */
function draw(
  source: HTMLImageElement | HTMLCanvasElement,
  sourceWidth: number,
  sourceHeight: number,
  size: { width: number; height: number },
): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = size.width
  canvas.height = size.height
  const fullWidth = source instanceof HTMLImageElement ? source.naturalWidth || MAX_SIDE : source.width
  const fullHeight = source instanceof HTMLImageElement ? source.naturalHeight || MAX_SIDE : source.height
  const width = Math.min(sourceWidth, fullWidth)
  const height = Math.min(sourceHeight, fullHeight)
  const pen = context(canvas)
  pen.imageSmoothingQuality = 'high'
  pen.fillStyle = 'white'
  pen.fillRect(0, 0, size.width, size.height)
  const left = (fullWidth - width) / 2
  const top = (fullHeight - height) / 2
  pen.drawImage(source, left, top, width, height, 0, 0, size.width, size.height)
  return canvas
}

function canvasOf(pixels: ImageData): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = pixels.width
  canvas.height = pixels.height
  context(canvas).putImageData(pixels, 0, 0)
  return canvas
}

function trim(side: number): number {
  return side < TRIM ? Math.max(1, side) : side - (side % TRIM)
}
