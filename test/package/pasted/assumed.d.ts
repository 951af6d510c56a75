/** What the code of README.md and docs/ may assume: modules that this repository does not install, as far as it uses them. */

/** Dawn for Node: docs/node-and-deno.md says how to install it. */
declare module 'webgpu' {
  export function create(options: string[]): GPU
  export const globals: Record<string, unknown>
}

declare module 'react' {
  export function useState<T>(initial: T): [T, (next: T) => void]
  export function useEffect(effect: () => () => void, dependencies: readonly unknown[]): void
}

/** What Deno calls the package. */
declare module 'npm:noiseshape' {
  export * from 'noiseshape'
}
