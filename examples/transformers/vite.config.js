export default {
  base: './',
  optimizeDeps: { exclude: ['@huggingface/transformers', 'onnxruntime-web'] }, // one copy, which finds its .wasm file
  build: { target: 'es2022' }, // await at the top of main.js
}
