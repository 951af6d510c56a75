/** The npm package `webgpu` (Dawn for Node), which is fetched only by who measures there. */
declare module 'webgpu' {
  export function create(options: string[]): GPU
  export const globals: Record<string, unknown>
}
