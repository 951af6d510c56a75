/** Drops parts of a picture, guesses them from their neighbours, and says how well that went. */

import pagoda from '../shared/assets/pagoda.jpg'
import { element } from '../shared/elements.js'
import { toss } from './coins.js'
import { CHANNELS, explained, heal, type Pixels } from './heal.js'
import { RATE, SEED } from './start.js'

const MOST_PIXELS = 96 * 64

export function runHeal(): void {
  let picture: Pixels | undefined
  let step = 0
  let latest = 0

  async function open(source: Blob | string): Promise<void> {
    const turn = ++latest // a large picture may be read after one that was chosen later
    try {
      const read = await readPixels(source)
      if (turn !== latest) return
      picture = read
      element('heal-error').textContent = ''
      show()
    } catch {
      if (turn !== latest) return
      element('heal-error').textContent =
        'The browser cannot read this file as a picture. Choose a PNG, JPEG or WebP.'
    }
  }

  function show(): void {
    if (!picture) return
    const { width, height, values } = picture
    const whole = document.querySelector<HTMLInputElement>('[name=heal]:checked')?.value === 'maps'
    const shape = [height, width, CHANNELS]
    const noiseShape = whole ? [1, 1, CHANNELS] : shape
    const kept = flagsOf(shape, noiseShape, step)
    const healed = heal(picture, kept)
    const r2 = explained(values, healed, kept)
    paint(
      'heal-dropped',
      picture,
      values.map((value, i) => (kept[i] ? value : 0)),
    )
    paint('heal-healed', picture, healed)
    element('heal-score').textContent = (Math.round(100 * r2) / 100 + 0).toFixed(2) // no -0.00
    element('heal-says').textContent = whole
      ? 'A whole map has no neighbour left to copy from: the guess is no better than one grey for all.'
      : 'Most of what was dropped was there a second time, next door.'
  }

  for (const choice of document.querySelectorAll('[name=heal]')) choice.addEventListener('change', show)
  element('heal-again').addEventListener('click', () => {
    step++
    show()
  })
  element<HTMLInputElement>('heal-file').addEventListener('change', ({ target }) => {
    const input = target as HTMLInputElement
    const file = input.files?.[0]
    if (file) void open(file)
    input.value = '' // the same file may be chosen again
  })
  void open(pagoda)
}

/** The flag of each value, from the first toss after so many others that drops something and keeps something. */
function flagsOf(shape: number[], noiseShape: number[], tosses: number): Uint8Array {
  const elements = shape.reduce((all, size) => all * size, 1)
  for (let step = tosses * 16; ; step++) {
    const flags = toss({ shape, noiseShape, rate: RATE, seed: SEED, step })
    if (flags.includes(0) && flags.includes(1))
      return Uint8Array.from({ length: elements }, (_, at) => flags[at % flags.length])
  }
}

async function readPixels(source: Blob | string): Promise<Pixels> {
  const blob = typeof source === 'string' ? await (await fetch(source)).blob() : source
  const bitmap = await createImageBitmap(blob)
  const smaller = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)))
  const width = Math.max(1, Math.round(bitmap.width * smaller))
  const height = Math.max(1, Math.round(bitmap.height * smaller))
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('internal: no 2D canvas')
  context.drawImage(bitmap, 0, 0, width, height)
  bitmap.close()
  const { data } = context.getImageData(0, 0, width, height)
  const values = Float32Array.from({ length: width * height * CHANNELS }, (_, i) => {
    return data[Math.floor(i / CHANNELS) * 4 + (i % CHANNELS)] / 255
  })
  return { width, height, values }
}

function paint(id: string, { width, height }: Pixels, values: Float32Array): void {
  const canvas = element<HTMLCanvasElement>(id)
  canvas.width = width
  canvas.height = height
  const image = new ImageData(width, height)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      image.data[pixel * 4 + channel] = Math.round(255 * values[pixel * CHANNELS + channel])
    }
    image.data[pixel * 4 + 3] = 255
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0)
}
