/**
 * The playground: GraphiQL in one self-contained page, opening with the example operations as tabs.
 *
 * No request leaves the host: the page is one document, and its policy forbids to load anything else. It is
 * rendered once, on the first visit, and kept as bytes; a revisit costs a 304.
 */

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { matchesEntityTag, toEntityTag } from './etag.ts';
import { EXAMPLE_OPERATIONS, type ExampleOperation } from './example-operations.ts';
import { GRAPHQL_PATH } from './graphql-route.ts';
import { amendPlaygroundPage } from './playground-amendments.ts';

export const PLAYGROUND_PATH = '/';

/** Unbreakable: the renderer gives it a narrow box. */
const TITLE = 'Defender\u00a0certificates';

/** As much as is to be seen of one line, after its "# ", left of the toolbar in a window of 1,400 pixels. */
const COMMENT_LINE = /.{1,54}(?:\s|$)/g;

/** A ribboned seal; drawn here, in the colour of the text around it. */
const LOGO =
  '<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2">' +
  '<circle cx="12" cy="9" r="6"/><path d="M8 14l-2 8 6-3 6 3-2-8"/></svg>';

/** The page as it is sent. */
export interface PlaygroundPage {
  readonly html: Buffer;
  readonly gzippedHtml: Buffer;
  /** One tag for both: weak, since the bytes differ by encoding. */
  readonly entityTag: string;
  readonly contentSecurityPolicy: string;
}

/** Adds the page to `/`. */
export function addPlaygroundRoute(scope: FastifyInstance): void {
  let rendering: Promise<PlaygroundPage> | undefined;

  scope.get(PLAYGROUND_PATH, async (request, reply) => {
    rendering ??= renderPlaygroundPage();
    const page = await rendering;
    reply
      .header('content-security-policy', page.contentSecurityPolicy)
      .header('cache-control', 'no-cache')
      .header('vary', 'accept-encoding')
      .header('etag', `W/${page.entityTag}`);
    if (matchesEntityTag(request.headers['if-none-match'], page.entityTag)) return reply.code(304).send();
    reply.type('text/html; charset=utf-8');
    if (!acceptsGzip(request.headers['accept-encoding'])) return reply.send(page.html);
    return reply.header('content-encoding', 'gzip').send(page.gzippedHtml);
  });
}

/**
 * Renders the page: nine megabytes of text, a quarter of a second. The renderer is loaded here and not
 * with this module, so that a gateway whose playground nobody opens never holds it in memory.
 *
 * @throws when the renderer's page is not the one inline script that the policy is made for
 */
export async function renderPlaygroundPage(): Promise<PlaygroundPage> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const rendered = renderGraphiQL({
    title: TITLE,
    logo: LOGO,
    endpoint: GRAPHQL_PATH,
    defaultTabs: EXAMPLE_OPERATIONS.map(toTab),
    // A bearer token typed into the headers editor must not outlive the tab.
    shouldPersistHeaders: false,
  });
  const text = amendPlaygroundPage(rendered);
  const html = Buffer.from(text, 'utf8');
  return {
    html,
    gzippedHtml: await promisify(gzip)(html),
    entityTag: toEntityTag(html),
    contentSecurityPolicy: toContentSecurityPolicy(findOnlyScript(text)),
  };
}

function toTab({ description, document }: ExampleOperation): { query: string } {
  const lines = description.match(COMMENT_LINE) ?? [];
  return { query: `${lines.map((line) => `# ${line.trim()}\n`).join('')}${document}` };
}

/**
 * A hash admits this one script and no other, injected ones included; a nonce would make each answer
 * different and lose the 304. Editor workers start from blobs that the script makes.
 *
 * Styles need 'unsafe-inline', found by trying hashes in Chromium: the editor writes the places of its lines as style
 * attributes into markup, some five hundred on a first page, and the texts of its theme and of its menus into style
 * elements as it runs. What an injected style could do with that stays in the page: nothing that it names is loaded, from
 * no host.
 */
function toContentSecurityPolicy(script: string): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function findOnlyScript(html: string): string {
  const parts = html.split('</script');
  const start = html.indexOf('<script>');
  if (parts.length !== 2 || start < 0) {
    throw new Error(`The playground page must have one inline script, but has ${parts.length - 1}.`);
  }
  return html.slice(start + '<script>'.length, html.indexOf('</script'));
}

function acceptsGzip(acceptEncoding: string | string[] | undefined): boolean {
  return /(?:^|,)\s*(?:gzip|\*)\s*(?:$|,|;\s*q=(?!0(?:\.0*)?\s*(?:$|,)))/i.test(String(acceptEncoding ?? ''));
}
