export default {
  base: './',
  publicDir: '../../models/digits', // in a project of yours: a folder public/ with your model
  optimizeDeps: { exclude: ['onnxruntime-web'] }, // it finds its .wasm file by its own address
  build: { target: 'es2022' }, // await at the top of main.js
}
