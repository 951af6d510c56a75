/** Numbers as a person reads them. */

/** Three significant digits, without an exponent. */
export function significant(value: number): string {
  if (value >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}

/** A power of two as one: 1024 is 2¹⁰. */
export function power(value: number): string {
  return `2${Array.from(String(Math.log2(value)), (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('')}`
}
