/** A distinguished name: a row of the name table. */

import type { DistinguishedNameResolvers } from '../generated/resolver-types.ts';
import { getSnapshot } from '../request-facts.ts';

export const DistinguishedName: DistinguishedNameResolvers = {
  commonName: ({ name }, _given, context) => getSnapshot(context).names.attribute(name, 'commonName'),
  organization: ({ name }, _given, context) => getSnapshot(context).names.attribute(name, 'organization'),
  organizationalUnit: ({ name }, _given, context) =>
    getSnapshot(context).names.attribute(name, 'organizationalUnit'),
  locality: ({ name }, _given, context) => getSnapshot(context).names.attribute(name, 'locality'),
  state: ({ name }, _given, context) => getSnapshot(context).names.attribute(name, 'state'),
  country: ({ name }, _given, context) => getSnapshot(context).names.attribute(name, 'country'),
  displayName: ({ name }, _given, context) => getSnapshot(context).names.displayName(name),
  text: ({ name }, _given, context) => getSnapshot(context).names.text(name),
};
