/**
 * The policy file: which rights callers have by the roles, scopes and groups in their tokens, and whose tokens count
 * beside those of Entra ID. Text in, a policy or every fault out. Reads no file.
 *
 * A fault names its place in the file, the rule and the value, and repeats nothing else of the file: whoever named the
 * wrong one may have named one with a secret in it.
 */

import type { z } from 'zod';
import type { AccessPolicy, Grant, GrantClaim } from '../core/access-policy.ts';
import { GRANT_CLAIMS } from '../core/access-policy.ts';
import { printValue } from '../core/errors.ts';
import { normalizeGroup } from './groups.ts';
import { createPolicySchema, READING } from './policy-schema.ts';
import { findRepeatedMembers, type RepeatedMembers } from './repeated-members.ts';

export interface PolicyFault {
  /** Where, as `grants[0].rights`; empty for the file as a whole. */
  readonly path: string;
  /** What it must be, completing "<path> must …". */
  readonly rule: string;
  /** What is there, printed and bounded; `nothing` when nothing is. */
  readonly value: string;
}

export type PolicyReading =
  | { readonly policy: AccessPolicy; readonly faults?: never }
  | { readonly policy?: never; readonly faults: readonly PolicyFault[] };

/**
 * The policy that the text of a file describes, or all of its faults.
 *
 * @param tenantIds the tenants whose tokens are accepted, in lower case
 */
export function parsePolicy(fileText: string, tenantIds: readonly string[]): PolicyReading {
  const text = fileText.replace(/^\uFEFF/, '');
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's own words would quote the file.
    return { faults: [{ path: '', rule: 'be JSON in UTF-8', value: 'a text that is not' }] };
  }
  const repeated = findRepeatedMembers(text).map(toRepetitionFault);
  const { success, data, error } = createPolicySchema(tenantIds).safeParse(document);
  if (!success) {
    return { faults: [...repeated, ...distinct(error.issues.map((issue) => toFault(issue, document)))] };
  }
  if (repeated.length > 0) return { faults: repeated };
  return { policy: { grants: data.grants.map(toGrant), issuers: data.issuers ?? [] } };
}

function toGrant(value: z.infer<ReturnType<typeof createPolicySchema>>['grants'][number]): Grant {
  const claim = GRANT_CLAIMS.find((one) => value[one] !== undefined) as GrantClaim;
  const granted = value[claim] as string;
  const isReading = value.rights.includes(READING);
  return {
    claim,
    value: claim === 'group' ? normalizeGroup(granted) : granted,
    issuer: value.issuer ?? null,
    tenantId: value.tenant?.toLowerCase() ?? null,
    rights: [...new Set(value.rights)],
    rbacGroupIds: !isReading ? [] : value.rbacGroups === '*' ? null : (value.rbacGroups ?? []),
  };
}

function toRepetitionFault({ path, names }: RepeatedMembers): PolicyFault {
  return { path, rule: 'have no member twice', value: printValue(names) };
}

function toFault(issue: z.core.$ZodIssue, document: unknown): PolicyFault {
  const path = issue.path.reduce<string>(
    (joined, key) =>
      typeof key === 'number'
        ? `${joined}[${key}]`
        : joined === ''
          ? String(key)
          : `${joined}.${String(key)}`,
    '',
  );
  if (issue.code === 'unrecognized_keys') {
    return { path, rule: 'have no other members than those of the schema', value: printValue(issue.keys) };
  }
  const rule = issue.message.replace(/^must /, '');
  const value = issue.path.reduce<unknown>(
    (inner, key) => (inner as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
    document,
  );
  return { path, rule, value: describeValue(value) };
}

/** A text can break one rule in two ways. */
function distinct(faults: readonly PolicyFault[]): readonly PolicyFault[] {
  return [...new Map(faults.map((fault) => [`${fault.path} ${fault.rule}`, fault])).values()];
}

/** Of an object or a list its kind alone. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : printValue(value);
}
