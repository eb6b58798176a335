import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent, request } from 'undici';
import { observeRequests, type RequestTarget } from '../../../src/defender/request-observer.ts';
import { reply, startUpstream } from '../../support/upstream-server.ts';

const TARGETS: readonly (readonly [path: string, target: RequestTarget])[] = [
  ['/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token', 'TOKEN'],
  ['/11111111-2222-3333-4444-555555555555/discovery/v2.0/keys', 'TOKEN'],
  ['/metadata/identity/oauth2/token?resource=x', 'TOKEN'],
  ['/msi/token?resource=x', 'TOKEN'],
  ['/api/machines/certificateAssessmentExport?sasValidHours=3', 'EXPORT'],
  ['/api/Machines/CertificateAssessmentByMachine?pagesize=5', 'PAGED'],
  ['/temp-1/2026-01-01/0000/export/json/OrgId=1/_RbacGroupId=0/part-00000.c000.json.gz?sig=x', 'FILE'],
];

test('tells of each request by what it is made to', async () => {
  await using server = await startUpstream(reply(404, ''));
  const seen: (readonly [RequestTarget, number | null])[] = [];
  const dispatcher = new Agent().compose(
    observeRequests(new URL(server.url), (...told) => void seen.push(told)),
  );
  for (const [path] of TARGETS) {
    const { body } = await request(`${server.url}${path}`, { dispatcher });
    await body.dump();
  }
  await dispatcher.close();
  assert.deepEqual(
    seen,
    TARGETS.map(([, target]) => [target, 404]),
  );
});
