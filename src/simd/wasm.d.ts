/** AssemblyScript, compiled when it is imported (scripts/assemblyscript.mjs): the WebAssembly module in base64. */
declare module '*.simd.ts?wasm' {
  const base64: string
  export default base64
}
