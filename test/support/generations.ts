/**
 * The exports of a simulated tenant one after the other, and what a gateway must answer about each of them: every
 * certificate, device and installation in order, from the simulator's own records.
 */

import assert from 'node:assert/strict';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { walkConnection } from './connection-walk.ts';
import type { GraphqlClient } from './gateway.ts';
import { mergeRecords } from './simulated-truth.ts';
import { toText } from './true-answers.ts';

/** All that is asked of a gateway, or must be answered. */
export interface Answers {
  readonly certificates: readonly unknown[];
  readonly devices: readonly unknown[];
  readonly installations: readonly unknown[];
}

/** One export. */
export interface TrueGeneration {
  /** RFC 3339, as `snapshot { generatedAt }` has it. */
  readonly generatedAt: string;
  readonly answers: Answers;
}

const SELECTIONS = {
  certificates: `thumbprint serialNumber keySize notAfter subject { text } deviceCount installationCount`,
  devices: `deviceId name rbacGroup { rbacGroupId } certificateCount installationCount`,
  installations: `path certificate { thumbprint } device { deviceId }`,
};

const PAGE_SIZE = 1_000;

/** What the newest export of the tenant holds. One pass over its records. */
export function readTrueGeneration(
  tenant: Simulator,
  startedAtMs: number,
  intervalMs: number,
): TrueGeneration {
  const truth = mergeRecords(tenant.records());
  const generatedAtMs = startedAtMs + tenant.generation() * intervalMs;
  return {
    generatedAt: toText(Math.floor(generatedAtMs / 1000)),
    answers: {
      certificates: truth.certificates.map(
        ({ thumbprint, serialNumber, keySize, notAfter, subject, devices, installations }) => ({
          thumbprint,
          serialNumber,
          keySize,
          notAfter: toText(notAfter),
          subject: subject && { text: subject.text },
          deviceCount: devices.length,
          installationCount: installations.length,
        }),
      ),
      devices: truth.devices.map(({ deviceId, name, rbacGroup, certificates, installations }) => ({
        deviceId,
        name,
        rbacGroup: rbacGroup && { rbacGroupId: rbacGroup.rbacGroupId },
        certificateCount: certificates.length,
        installationCount: installations.length,
      })),
      installations: truth.installations.map(
        ({ path, certificate: { thumbprint }, device: { deviceId } }) => ({
          path,
          certificate: { thumbprint },
          device: { deviceId },
        }),
      ),
    },
  };
}

/** Everything that the gateway answers, page by page, each page checked. */
export async function readAnswers(client: GraphqlClient): Promise<Answers> {
  const walk = async (root: keyof Answers): Promise<readonly unknown[]> =>
    (await walkConnection<object>(client, { root, selection: SELECTIONS[root], pageSize: PAGE_SIZE })).map(
      ({ id: _id, ...row }) => row,
    );
  return {
    certificates: await walk('certificates'),
    devices: await walk('devices'),
    installations: await walk('installations'),
  };
}

/**
 * The generation that the gateway serves, whole: which one it says, and every row of it.
 *
 * @param candidates those that it may serve
 */
export async function findServedGeneration(
  client: GraphqlClient,
  candidates: readonly TrueGeneration[],
): Promise<TrueGeneration> {
  const { snapshot } = await client.ask<{ snapshot: { generatedAt: string | null } | null }>(
    '{ snapshot { generatedAt } }',
  );
  assert.ok(snapshot, 'a snapshot is served');
  const answers = await readAnswers(client);
  // Pages do not say when they were generated: then the rows alone tell.
  const named =
    snapshot.generatedAt === null
      ? candidates.find(({ answers: { installations } }) => isSame(installations, answers.installations))
      : candidates.find(({ generatedAt }) => generatedAt === snapshot.generatedAt);
  assert.ok(
    named,
    `generated at ${snapshot.generatedAt}, none of ${candidates.map(({ generatedAt }) => generatedAt)}`,
  );
  assert.deepEqual(answers, named.answers);
  return named;
}

function isSame(left: readonly unknown[], right: readonly unknown[]): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
