/** The npm package `webgpu` (Dawn for Node), which `npm run bench -- --runtime node` fetches. */
declare module 'webgpu' {
  export function create(options: string[]): GPU
  export const globals: Record<string, unknown>
}
