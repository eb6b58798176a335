/** The one place of the benchmarks that knows how the engine is asked for a page. */

import {
  type Page,
  selectCertificates,
  selectDevices,
  selectInstallations,
} from '../../../src/snapshot/connection.ts';
import {
  certificateTie,
  createCertificatePositions,
  createDevicePositions,
  createInstallationPositions,
  deviceTie,
  installationTie,
} from '../../../src/snapshot/row-orders.ts';
import type { Position } from '../../../src/snapshot/sequence.ts';
import type { Snapshot } from '../../../src/snapshot/snapshot.ts';
import type { Identity } from '../query-task.ts';
import { PAGE_ROWS, type Question } from '../question.ts';

/** The page that a question asks for, as a resolver would have it selected. */
export function selectPage(snapshot: Snapshot, question: Question, after: Position | null): Page {
  const page = {
    direction: question.direction,
    first: PAGE_ROWS,
    ...(after === null ? {} : { after }),
  };
  switch (question.table) {
    case 'certificates': {
      const { field, filter } = question;
      return selectCertificates(snapshot, { ...withFilter(filter), page: { ...page, field } });
    }
    case 'devices': {
      const { field, filter } = question;
      return selectDevices(snapshot, { ...withFilter(filter), page: { ...page, field } });
    }
    case 'installations': {
      const { field, filter } = question;
      return selectInstallations(snapshot, { ...withFilter(filter), page: { ...page, field } });
    }
  }
}

/** What a cursor at a row holds. */
export function toPosition(snapshot: Snapshot, question: Question, identity: Identity): Position {
  const { row } = toTie(snapshot, question).locate(identity);
  switch (question.table) {
    case 'certificates':
      return createCertificatePositions(snapshot, question.field)(row);
    case 'devices':
      return createDevicePositions(snapshot, question.field)(row);
    case 'installations':
      return createInstallationPositions(snapshot, question.field)(row);
  }
}

export function toIdentity(snapshot: Snapshot, question: Question, row: number): Identity {
  return toTie(snapshot, question).identityOf(row);
}

function toTie(snapshot: Snapshot, { table }: Question) {
  const ties = { certificates: certificateTie, devices: deviceTie, installations: installationTie };
  return ties[table](snapshot);
}

function withFilter<Filter>(filter: Filter | null): { readonly filter?: Filter } {
  return filter === null ? {} : { filter };
}
