import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDistinguishedName } from '../../src/core/distinguished-name.ts';
import { encodeRecords, inventory, openRecords } from '../support/inventories.ts';
import {
  countCertificates,
  countDevices,
  createNaiveInventory,
  displayName,
  lifetimeDays,
  storeOf,
} from '../support/naive-inventory.ts';

test('a snapshot holds what a naive merge of the records holds, in identity order', () => {
  fc.assert(
    fc.property(inventory, (records) => {
      const naive = createNaiveInventory(records);
      const snapshot = openRecords(records);
      const { certificates, devices, installations, rbacGroups, names, manifest } = snapshot;

      assert.equal(certificates.length, naive.certificates.length);
      for (const [row, expected] of naive.certificates.entries()) {
        const { merged } = expected;
        const nameText = (name: number | null): string | null => (name === null ? null : names.text(name));
        assert.deepEqual(
          {
            thumbprint: certificates.thumbprint(row),
            serialNumber: certificates.serialNumber(row),
            subject: nameText(certificates.subject(row)),
            issuer: nameText(certificates.issuer(row)),
            subjectType: certificates.subjectType(row),
            signatureAlgorithm: certificates.signatureAlgorithm(row),
            keySize: certificates.keySize(row),
            notBefore: certificates.notBefore(row),
            notAfter: certificates.notAfter(row),
            keyUsages: certificates.keyUsages(row),
            extendedKeyUsages: certificates.extendedKeyUsages(row),
          },
          merged,
        );
        assert.equal(certificates.findRow(merged.thumbprint), row);
        assert.equal(certificates.lifetimeDays(row), lifetimeDays(merged));
        assert.equal(certificates.deviceCount(row), countDevices(expected));
        assert.equal(certificates.installationCount(row), expected.installations.length);
        assert.deepEqual(
          [...certificates.installationRows(row)],
          expected.installations.map((installation) => naive.installations.indexOf(installation)),
        );
        assert.deepEqual(
          [...certificates.deviceRows(row)],
          [...new Set(expected.installations.map(({ device }) => naive.devices.indexOf(device)))],
        );
        const subject = certificates.subject(row);
        if (subject !== null) {
          assert.equal(names.displayName(subject), displayName(merged.subject));
          for (const [attribute, value] of Object.entries(parseDistinguishedName(merged.subject!))) {
            assert.equal(names.attribute(subject, attribute as 'commonName'), value);
          }
        }
      }

      assert.equal(devices.length, naive.devices.length);
      for (const [row, expected] of naive.devices.entries()) {
        const group = devices.rbacGroupRow(row);
        assert.deepEqual(
          {
            deviceId: devices.deviceId(row),
            name: devices.name(row),
            rbacGroupId: group === null ? null : rbacGroups.rbacGroupId(group),
            rbacGroupName: group === null ? null : rbacGroups.name(group),
          },
          expected.merged,
        );
        assert.equal(devices.findRow(expected.merged.deviceId), row);
        assert.equal(devices.certificateCount(row), countCertificates(expected));
        assert.deepEqual(
          [...devices.installationRows(row)],
          expected.installations.map((installation) => naive.installations.indexOf(installation)),
        );
        assert.deepEqual(
          [...devices.certificateRows(row)],
          [
            ...new Set(
              expected.installations.map(({ certificate }) => naive.certificates.indexOf(certificate)),
            ),
          ],
        );
      }

      assert.equal(installations.length, naive.installations.length);
      for (const [row, expected] of naive.installations.entries()) {
        assert.equal(installations.path(row), expected.path);
        assert.equal(installations.storeLocation(row), storeOf(expected.path).storeLocation);
        assert.equal(installations.storeName(row), storeOf(expected.path).storeName);
        assert.equal(installations.certificateRow(row), naive.certificates.indexOf(expected.certificate));
        assert.equal(installations.deviceRow(row), naive.devices.indexOf(expected.device));
        const { deviceId } = expected.device.merged;
        assert.equal(
          installations.findRow(deviceId, expected.certificate.merged.thumbprint, expected.path),
          row,
        );
      }

      assert.equal(rbacGroups.length, naive.groups.length);
      for (const [row, expected] of naive.groups.entries()) {
        assert.equal(rbacGroups.rbacGroupId(row), expected.id);
        assert.equal(rbacGroups.findRow(expected.id), row);
        assert.equal(rbacGroups.name(row), expected.name);
        assert.deepEqual(
          [...rbacGroups.deviceRows(row)],
          expected.devices.map((device) => naive.devices.indexOf(device)),
        );
        const own = expected.devices.flatMap((device) => device.installations);
        assert.equal(rbacGroups.installationCount(row), own.length);
        assert.deepEqual(
          [...rbacGroups.certificateRows(row)],
          [...new Set(own.map(({ certificate }) => naive.certificates.indexOf(certificate)))].sort(
            (a, b) => a - b,
          ),
        );
      }

      assert.equal(manifest.quality.recordsRead, records.length);
      assert.equal(manifest.quality.duplicateRecords, naive.duplicateRecords);
      assert.equal(manifest.quality.conflictingRecords, naive.conflictingRecords);
    }),
    { numRuns: 400 },
  );
});

test('the same records in any order give the same segments, byte for byte', () => {
  const shuffled = inventory.chain((records) =>
    fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
  );
  fc.assert(
    fc.property(shuffled, ([records, reordered]) => {
      assert.deepEqual(encodeRecords(reordered).manifest, encodeRecords(records).manifest);
    }),
    { numRuns: 200 },
  );
});
