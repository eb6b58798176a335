/** Questions of a chaos run: pages, counts and look-ups, and what the truth answers to each. */

import assert from 'node:assert/strict';
import type { GraphqlClient, Variables } from './gateway.ts';
import type { Random } from './random.ts';
import type { TrueInventory } from './simulated-truth.ts';
import { toText } from './true-answers.ts';
import type { TruthBook } from './truth-book.ts';

interface Question {
  readonly query: string;
  readonly variables: Variables;
  readonly toExpected: (truth: TrueInventory) => unknown;
}

/** Asks one; throws when it fails or its answer is wrong. */
export async function askSomething(client: GraphqlClient, truths: TruthBook, random: Random): Promise<void> {
  const { query, variables, toExpected } = random.pick(QUESTIONS)(truths, random);
  const { status, body } = await client.post(query, variables);
  assert.deepEqual({ status, errors: body.errors }, { status: 200, errors: undefined }, query);
  truths.check(body.extensions.snapshot, body.data, toExpected);
}

type CreateQuestion = (truths: TruthBook, random: Random) => Question;

const QUESTIONS: readonly CreateQuestion[] = [
  (_truths, random) => {
    const first = 1 + random.below(40);
    return {
      query: `query ($first: Int) {
        certificates(first: $first) {
          totalCount
          nodes { thumbprint notAfter subject { text } deviceCount installationCount }
        }
      }`,
      variables: { first },
      toExpected: ({ certificates }) => ({
        certificates: {
          totalCount: certificates.length,
          nodes: certificates.slice(0, first).map((certificate) => ({
            thumbprint: certificate.thumbprint,
            notAfter: toText(certificate.notAfter),
            subject: certificate.subject && { text: certificate.subject.text },
            deviceCount: certificate.devices.length,
            installationCount: certificate.installations.length,
          })),
        },
      }),
    };
  },
  (_truths, random) => {
    const last = 1 + random.below(60);
    return {
      query: `query ($last: Int) {
        installations(last: $last) { totalCount nodes { path certificate { thumbprint } device { deviceId name } } }
      }`,
      variables: { last },
      toExpected: ({ installations }) => ({
        installations: {
          totalCount: installations.length,
          nodes: installations.slice(-last).map(({ path, certificate, device }) => ({
            path,
            certificate: { thumbprint: certificate.thumbprint },
            device: { deviceId: device.deviceId, name: device.name },
          })),
        },
      }),
    };
  },
  () => ({
    query: `{
      rbacGroups(first: 1000) { nodes { rbacGroupId deviceCount certificateCount installationCount } }
      certificates(first: 0) { totalCount }
      devices(first: 0) { totalCount }
      installations(first: 0) { totalCount }
    }`,
    variables: {},
    toExpected: ({ groups, certificates, devices, installations }) => ({
      rbacGroups: {
        nodes: groups.map((group) => ({
          rbacGroupId: group.rbacGroupId,
          deviceCount: group.devices.length,
          certificateCount: group.certificates.length,
          installationCount: group.installationCount,
        })),
      },
      certificates: { totalCount: certificates.length },
      devices: { totalCount: devices.length },
      installations: { totalCount: installations.length },
    }),
  }),
  // Some of them are in some exports only: null is an answer, too.
  (truths, random) => {
    const { thumbprint } = random.pick(truths.truthOf(truths.newest()).certificates);
    return {
      query: `query ($thumbprint: String!) {
        certificate(thumbprint: $thumbprint) { thumbprint serialNumber devices(first: 1000) { nodes { deviceId } } }
      }`,
      variables: { thumbprint },
      toExpected: ({ certificates }) => {
        const found = certificates.find((certificate) => certificate.thumbprint === thumbprint);
        return {
          certificate: found
            ? {
                thumbprint,
                serialNumber: found.serialNumber,
                devices: { nodes: found.devices.map(({ deviceId }) => ({ deviceId })) },
              }
            : null,
        };
      },
    };
  },
  (truths, random) => {
    const { deviceId } = random.pick(truths.truthOf(truths.newest()).devices);
    return {
      query: `query ($deviceId: String!) {
        device(deviceId: $deviceId) { deviceId name certificates(first: 1000) { totalCount nodes { thumbprint } } }
      }`,
      variables: { deviceId },
      toExpected: ({ devices }) => {
        const found = devices.find((device) => device.deviceId === deviceId);
        return {
          device: found
            ? {
                deviceId,
                name: found.name,
                certificates: {
                  totalCount: found.certificates.length,
                  nodes: found.certificates.map(({ thumbprint }) => ({ thumbprint })),
                },
              }
            : null,
        };
      },
    };
  },
  (_truths, random) => {
    const gt = random.below(6);
    return {
      query: `query ($gt: Int) {
        certificates(first: 1000, filter: { deviceCount: { gt: $gt } }) { totalCount nodes { thumbprint } }
      }`,
      variables: { gt },
      toExpected: ({ certificates }) => {
        const matching = certificates.filter(({ devices }) => devices.length > gt);
        return {
          certificates: {
            totalCount: matching.length,
            nodes: matching.map(({ thumbprint }) => ({ thumbprint })),
          },
        };
      },
    };
  },
];
