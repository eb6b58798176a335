/** Prints what expires in the next days: `node main.ts [days]`. */

import { ask } from './ask.ts';
import type { ExpiringSoonQuery } from './gql/graphql.ts';
import { EXPIRING_SOON } from './operations.ts';

type Page = NonNullable<ExpiringSoonQuery['certificates']>;

const gatewayUrl = process.env.GATEWAY_URL ?? 'http://127.0.0.1:4000';
const days = Number(process.argv[2] ?? 30);

/** Page after page, until there is none. */
async function* readPages(first: number): AsyncGenerator<Page> {
  let after: string | null = null;
  do {
    const { certificates }: ExpiringSoonQuery = await ask(gatewayUrl, EXPIRING_SOON, { days, first, after });
    if (certificates === null) return;
    yield certificates;
    after = certificates.pageInfo.hasNextPage ? certificates.pageInfo.endCursor : null;
  } while (after !== null);
}

for await (const { nodes } of readPages(20)) {
  for (const { thumbprint, subject, notAfter, deviceCount } of nodes) {
    process.stdout.write(`${thumbprint} ${notAfter} ${deviceCount} ${subject?.displayName ?? '(no name)'}\n`);
  }
}
