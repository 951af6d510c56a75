/** True only for one and the same type: `any` equals nothing else. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** An error of the compiler, if its argument is not `true`. */
export type True<T extends true> = T
