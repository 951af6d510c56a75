/**
 * The module that each node belonged to in the source network, as exporters record it: the TorchScript exporter in node
 * names ('/encoder/layer.0/attention/self/Softmax'), the dynamo exporter in metadata.
 */

import type { NodeProto } from '../messages.js'

export interface ModuleName {
  /** Attribute names from the root, e.g. ['encoder', 'layer', '0', 'attention', 'self']; undefined if not recorded. */
  path: readonly string[] | undefined
  /** Class names from the root; only the dynamo exporter records them. */
  classes: readonly string[]
}

const SCOPES = 'pkg.torch.onnx.name_scopes'
const CLASSES = 'pkg.torch.onnx.class_hierarchy'

export function moduleOf({ name, output, metadataProps }: NodeProto): ModuleName {
  const scopes = listIn(metadataProps.find(({ key }) => key === SCOPES)?.value)
  if (scopes.length > 0) {
    // The last entry is the operation itself; the others lead to its module, each with the whole path.
    const path = (scopes.at(-2) ?? '').split('.').filter((part) => part !== '')
    return {
      path: path.slice(0, MOST_PARTS),
      classes: listIn(metadataProps.find(({ key }) => key === CLASSES)?.value).slice(0, -1),
    }
  }
  return { path: pathIn(name.includes('/') ? name : (output[0] ?? '')), classes: [] }
}

/**
 * '/features/features.1/features.1.0/Conv' is features.1.0: a numbered child repeats the name of its parent.
 */
function pathIn(name: string): readonly string[] | undefined {
  if (!name.includes('/')) return undefined
  const path: string[] = []
  let parent = ''
  for (const part of name.split('/').slice(0, -1)) {
    const own = parent !== '' && part.startsWith(`${parent}.`) ? part.slice(parent.length + 1) : part
    path.push(...own.split('.').filter((piece) => piece !== ''))
    parent = part
  }
  return path.slice(0, MOST_PARTS)
}

/** No network is nested deeper; a malicious name could otherwise be as long as the file. */
const MOST_PARTS = 64

/** The strings of a Python list, as it is printed. */
function listIn(text = ''): string[] {
  return Array.from(text.matchAll(/'([^']*)'/g), ([, item]) => item)
}
