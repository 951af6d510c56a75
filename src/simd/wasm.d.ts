/** AssemblyScript, compiled when it is imported (scripts/assemblyscript.mjs): the WebAssembly module in hexadecimal. */
declare module '*.simd.ts?wasm' {
  const hex: string
  export default hex
}
