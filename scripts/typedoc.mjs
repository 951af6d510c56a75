// @ts-check
// The reference of each entry as Markdown, made by TypeDoc from the docstrings.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Application, DeclarationReflection, LogLevel, ReflectionKind } from 'typedoc'
import { anchors } from './anchors.mjs'
import { root } from './setup.mjs'

/** The entries: file name in docs/reference, and the module that it documents. */
const ENTRIES = {
  noiseshape: 'index',
  cpu: 'cpu/index',
  webgpu: 'webgpu/index',
  'monte-carlo': 'monte-carlo/index',
  tfjs: 'tfjs/index',
  onnx: 'onnx/index',
}

/** @returns {Promise<Record<string, string>>} Markdown by file name */
export async function makeReference() {
  const folder = mkdtempSync(join(tmpdir(), 'noiseshape-reference-'))
  try {
    const app = await Application.bootstrapWithPlugins(options(folder))
    const project = await app.convert()
    if (!project?.children) throw new Error('TypeDoc made nothing of the sources.')
    for (const module of project.children) {
      if (module.name === 'index') module.name = 'noiseshape'
      for (const child of module.children ?? [])
        if (child.kind === ReflectionKind.Class) ownMembersOnly(child)
    }
    await app.generateOutputs(project)
    if (app.logger.hasErrors()) throw new Error('TypeDoc reported errors, see above.')
    const entries = /** @type {(keyof typeof ENTRIES)[]} */ (Object.keys(ENTRIES))
    const pages = Object.fromEntries(
      entries.map((name) => {
        const markdown = readFileSync(join(folder, `${name}.md`), 'utf8')
        return [`${name}.md`, polish(name, markdown)]
      }),
    )
    return withAnchors(pages)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns {Partial<import('typedoc').TypeDocOptions> & Record<string, unknown>} */
function options(/** @type {string} */ folder) {
  return {
    entryPoints: Object.values(ENTRIES).map((name) => join(root, `src/${name}.ts`)),
    tsconfig: join(root, 'tsconfig.build.json'),
    logLevel: LogLevel.Warn,
    skipErrorChecking: true, // that is the type check's
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: folder }],
    router: 'module',
    readme: 'none',
    excludeExternals: true,
    excludePrivate: true,
    excludeProtected: true,
    disableSources: true,
    groupOrder: ['Functions', 'Interfaces', 'Classes', 'Type Aliases', 'References'],
    sort: ['source-order'],
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    expandParameters: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    classPropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    tableColumnSettings: { hideSources: true, hideInherited: true, hideOverrides: true, hideModifiers: true },
  }
}

/** Leaves out what a class has from its base (for a layer, that is how TensorFlow.js calls it), and how errors are made. */
function ownMembersOnly(/** @type {DeclarationReflection} */ reflection) {
  const isOwn = (/** @type {import('typedoc').Reflection} */ child) =>
    child instanceof DeclarationReflection &&
    (child.kind === ReflectionKind.Constructor
      ? !reflection.name.endsWith('Error')
      : !(child.inheritedFrom || child.overwrites || child.flags.isStatic))
  reflection.children = reflection.children?.filter(isOwn)
  for (const group of reflection.groups ?? []) group.children = group.children.filter(isOwn)
  reflection.groups = reflection.groups?.filter(({ children }) => children.length > 0)
}

/** Takes out what a reader does not need: empty cells, anchors of options, base types, a heading for each error and re-export. */
function polish(/** @type {keyof typeof ENTRIES} */ name, /** @type {string} */ markdown) {
  const source = readFileSync(join(root, `src/${ENTRIES[name]}.ts`), 'utf8')
  const [, title, about] = /^\/\*\* (\S+): (.*) \*\/$/m.exec(source) ?? []
  if (!about) throw new Error(`src/${ENTRIES[name]}.ts does not begin with a sentence about the entry.`)
  const sentence = about[0].toUpperCase() + about.slice(1)
  const [body, references = ''] = markdown.split('\n## References\n')
  const links = [...references.matchAll(/^Re-exports (.*)$/gm)].map(([, link]) => link)
  const text = body
    .replace(
      /^# .*$/m,
      `# ${title}\n\n${sentence}\n\n<!-- Made by \`npm run reference\` from the docstrings of src/. -->`,
    )
    .replace(/<a id="[^"]*"><\/a> /g, '')
    .replace(/^#+ (Extends|Extended by|Overrides|Inherited from|Doc)\n(?:(?!#+ ).*\n)*/gm, '')
    .replace(/^#+ Type Parameters\n\n\| Type Parameter \|\n(?:(?!#+ ).*\n)*/gm, '')
    .replace(/(?<=^#+ Throws\n(?:(?!#+ ).*\n)*)#+ Throws\n\n/gm, '') // one heading for all errors
    .replaceAll(`${title}: ${about}\n\n`, '') // TypeDoc gives it to a type without a sentence of its own
    .replace(/\| - (?=\|)/g, '| ')
    .replace(/(\| |\\< )\\\| /g, '$1') // before the first of several types
    .replace(/^\| -{6} .*$/gm, (line) => line.replaceAll('------', '---'))
    .replace(/ +$/gm, '')
    .replace(/\n\*\*\*\n/g, '')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()
  const also = links.length > 0 ? `\n\n## Also exported\n\n${links.join(', ')}` : ''
  return `${text}${also}\n`
}

/**
 * Leads each link with an anchor to the heading of its text: TypeDoc counts equal headings in another way than GitHub.
 *
 * @param {Record<string, string>} pages
 */
function withAnchors(pages) {
  const anchorsOf = Object.fromEntries(
    Object.entries(pages).map(([name, markdown]) => {
      const anchorOf = anchors()
      const headings = [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, text]) => [text, anchorOf(text)])
      return [name, new Map(headings.reverse().map(([text, anchor]) => [text.replace('()', ''), anchor]))]
    }),
  )
  return Object.fromEntries(
    Object.entries(pages).map(([name, markdown]) => [
      name,
      markdown.replace(/\[(`?)(\w+)\1\]\(([\w-]+\.md)?#[\w-]+\)/g, (_, tick, text, file) => {
        const anchor = anchorsOf[file ?? name]?.get(text)
        return anchor ? `[${tick}${text}${tick}](${file ?? ''}#${anchor})` : `${tick}${text}${tick}`
      }),
    ]),
  )
}
