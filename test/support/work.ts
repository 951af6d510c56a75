/** How much work a call does, counted and not timed: a count is the same on a busy machine. */

const CALLING = [
  'every',
  'filter',
  'find',
  'findIndex',
  'flatMap',
  'forEach',
  'map',
  'reduce',
  'some',
] as const
const SEARCHING = ['includes', 'indexOf'] as const

type Method = (this: unknown[], ...args: unknown[]) => unknown

/** How many entries of arrays a synchronous call looks at: by methods with a callback, by search, in loops and spreads. */
export function entriesVisited(body: () => unknown): number {
  const methods = Array.prototype as unknown as Record<PropertyKey, Method>
  const own = new Map<PropertyKey, Method>()
  let visited = 0
  const replace = (name: PropertyKey, by: (real: Method) => Method) => {
    const real = methods[name]
    own.set(name, real)
    Object.defineProperty(methods, name, { value: by(real), configurable: true, writable: true })
  }
  for (const name of CALLING) {
    replace(name, (real) => {
      return function (callback, ...rest) {
        const counting = function (this: unknown, ...args: unknown[]) {
          visited++
          return (callback as Method).apply(this as unknown[], args)
        }
        return real.call(this, counting, ...rest)
      }
    })
  }
  for (const name of SEARCHING) {
    replace(name, (real) => {
      return function (...args) {
        visited += this.length
        return real.apply(this, args)
      }
    })
  }
  replace(Symbol.iterator, () => {
    return function* () {
      for (let i = 0; i < this.length; i++) {
        visited++
        yield this[i]
      }
    }
  })
  try {
    body()
    return visited
  } finally {
    for (const [name, value] of own)
      Object.defineProperty(methods, name, { value, configurable: true, writable: true })
  }
}
