/** Where the chosen theme is kept. Other pages of the same host share the storage, so the key names this project. */
export const THEME_KEY = 'noiseshape/theme'
