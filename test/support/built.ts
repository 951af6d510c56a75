/** The library as `npm run build` makes it, served as plain files to pages of the tests' own. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build, type Rolldown } from 'vite'
import { root } from '../../scripts/setup.mjs'
import type { Served } from './browser'

interface Site {
  /** The page's script: a module in test/support/site, which imports the library by its users' names. */
  page: 'library' | 'everything'
  /** Response headers of every file. */
  headers?: Record<string, string>
}

/** Serves a page at / on a free port of 127.0.0.1, with the built library beside it. */
export async function serveBuilt({ page, headers = {} }: Site): Promise<Served> {
  const files = new Map<string, string>([
    [
      '/',
      `<!doctype html><meta charset="utf-8"><title>${page}</title><script type="module" src="/page.js"></script>`,
    ],
    ...(await library()).map(({ fileName, code }) => [`/noiseshape/${fileName}`, code] as const),
    ['/page.js', await script(page)],
  ])
  const server = createServer(({ url = '/' }, response) => {
    const body = files.get(url)
    const type = url === '/' ? 'text/html' : 'text/javascript'
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type, ...headers })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The files of the package, by its own build. */
function library(): Promise<Rolldown.OutputChunk[]> {
  return chunks({ configFile: join(root, 'vite.config.ts'), build: { write: false } })
}

/** A page's script in one file, which leaves the library out and imports it from beside. */
async function script(page: Site['page']): Promise<string> {
  const [{ code }] = await chunks({
    configFile: false,
    build: {
      write: false,
      target: 'es2022',
      lib: { formats: ['es'], entry: join(root, `test/support/site/${page}.ts`) },
      rolldownOptions: {
        external: /^noiseshape(\/|$)/,
        output: { paths: (id: string) => `/noiseshape/${id.split('/')[1] ?? 'index'}.js` },
      },
    },
  })
  return code
}

async function chunks(config: Parameters<typeof build>[0]): Promise<Rolldown.OutputChunk[]> {
  const [{ output }] = (await build({ ...config, root, logLevel: 'error' })) as Rolldown.RolldownOutput[]
  return output.filter((file) => file.type === 'chunk')
}
