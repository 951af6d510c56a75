/** What becomes of each kind of float32, kept and dropped, at ordinary and extreme rates. */

import { expectSameBits, floats, patterns } from '../support/compare'
import { dropoutCut, SHIPPED } from '../support/forced'
import { input, ODD_VALUES } from '../support/inputs'
import { type Draw, judgeDropout, judgeFlags } from '../support/judge'
import { type Case, each } from './case'

/** Enough copies that some are kept and some dropped, and that packets lie on both sides of a thread's last. */
const COPIES = 97

const odd = ODD_VALUES.map(({ name, bits, doubled }) => {
  const draw = { shape: [COPIES], rate: 0.5, seed: 5 }
  const x = new Uint32Array(COPIES).fill(bits)
  return checked(`${name}, at rate 0.5`, draw, x, () =>
    Uint32Array.from(judgeFlags(draw), (kept) => (kept ? doubled : 0)),
  )
})

const alone = ODD_VALUES.map(({ name, bits }) => {
  const draw = { shape: [97], rate: 0.1, seed: 8 }
  const x = input(draw.shape, 3)
  x[50] = bits
  return checked(`${name}, alone among ordinary values`, draw, x)
})

const anyBits = [0, 2 ** -33, 0.1, 1 / 3, 0.7, 0.999, 1].map((rate) => {
  const draw = { shape: [3000], rate, seed: 77 }
  return checked(`any bit pattern, at rate ${rate}`, draw, input(draw.shape, 31, 'any bits'))
})

/** Products on both sides of the largest float, where rounding decides which are infinite. */
const overflowing = [0.1, 0.3, 0.5, 0.75, 0.95, 1 - 2 ** -20].map((rate) => {
  const draw = { shape: [400], rate, seed: 6 }
  const edge = floats(Uint32Array.of(0x7f7fffff))[0] * (1 - rate)
  const nearest = patterns(Float32Array.of(edge))[0]
  const x = Uint32Array.from({ length: 400 }, (_, i) => nearest - 5 + (i % 10) + (i % 3 === 0 ? 2 ** 31 : 0))
  return checked(`products around the largest float, at rate ${rate}`, draw, x)
})

/** At scale 1.25 every fourth product, and at 1.5 every second, lies in the middle between two floats. */
const ties = [0.2, 1 / 3].map((rate) => {
  const draw = { shape: [4000], rate, seed: 9 }
  return checked(`products halfway between two floats, at rate ${rate}`, draw, input(draw.shape, 12))
})

export const values: readonly Case[] = [...odd, ...alone, ...anyBits, ...overflowing, ...ties]

function checked(name: string, draw: Draw, x: Uint32Array, expected = () => judgeDropout(x, draw)): Case {
  const ways = SHIPPED.flatMap((variant) => [false, true].map((inPlace) => ({ variant, inPlace })))
  return {
    group: 'values',
    name,
    async run(gpu) {
      const y = expected()
      await each(ways, async (way) => {
        const { output } = await dropoutCut(gpu, draw, x, way)
        expectSameBits(output, y, { shape: draw.shape, what: JSON.stringify(way) })
      })
    },
  }
}
