/** The networks of the Monte Carlo case, in the order of the tables; digits with how many of them are in a batch. */

export const NETWORK_NAMES = ['digits 1', 'digits 32', 'mobilenet', 'bert-head', 'bert'] as const

export type NetworkName = (typeof NETWORK_NAMES)[number]
