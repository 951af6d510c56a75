import { corpus } from './corpus.js'

export default {
  base: './',
  plugins: [corpus],
  build: { target: 'es2022' }, // await at the top of main.js
}
