/**
 * The policy file: which rights callers have by the roles, scopes and groups in their tokens, and whose tokens count
 * beside those of Entra ID. Text in, a policy or every fault out; `docs/policy.schema.json` is written from the same
 * definition. Reads no file.
 *
 * A fault names its place in the file, the rule and the value, and repeats nothing else of the file: whoever named the
 * wrong one may have named one with a secret in it.
 */

import { z } from 'zod';
import type { AccessPolicy, Grant, GrantClaim } from '../core/access-policy.ts';
import { GRANT_CLAIMS } from '../core/access-policy.ts';
import { RIGHTS } from '../core/caller.ts';
import { printValue } from '../core/errors.ts';
import { isEntraHost } from './entra-issuers.ts';
import { normalizeGroup } from './groups.ts';

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

/** https, or http on this machine; nothing after the path, so that it is compared and asked for as it stands. */
const URL_PATTERN =
  /^(?:https:\/\/[^\s/?#@\\]+|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?)(?:\/[^\s?#\\]*)?$/;
const URL_RULE = 'be an https:// URL without user, query and fragment (http:// only on a loopback host)';

const MAXIMUM_TEXT_LENGTH = 256;
const TEXT_RULE = `be a text of 1 to ${MAXIMUM_TEXT_LENGTH} characters, without a space at its ends`;

const text = z
  .string({ error: `must ${TEXT_RULE}` })
  .min(1, { error: `must ${TEXT_RULE}` })
  .max(MAXIMUM_TEXT_LENGTH, { error: `must ${TEXT_RULE}` })
  .regex(/^\S(?:[\s\S]*\S)?$/, { error: `must ${TEXT_RULE}` });

const url = z.string({ error: `must ${URL_RULE}` }).regex(URL_PATTERN, { error: `must ${URL_RULE}` });

const READING = 'Inventory.Read';
const ONE_CLAIM_RULE = `name exactly one of ${GRANT_CLAIMS.join(', ')}`;
const GROUPS_RULE = 'be "*" (all devices) or a list of RBAC group ids, each a text such as "4226"';
const RIGHTS_RULE = `be a list of at least one of ${RIGHTS.map((right) => `"${right}"`).join(', ')}`;

const grant = z
  .strictObject(
    {
      role: text.optional().describe('A value of the claim "roles" of an application in its own name.'),
      scope: text.optional().describe('A word of the claim "scp", or "scope".'),
      group: text.optional().describe('An entry of the claim "groups" of a user: in Entra ID an object id.'),
      issuer: url
        .optional()
        .describe('Whose tokens the grant counts for: one of "issuers". Absent: those of Entra ID.'),
      rights: z
        .array(
          z.enum(RIGHTS, { error: `must be one of ${RIGHTS.map((right) => `"${right}"`).join(', ')}` }),
          {
            error: `must ${RIGHTS_RULE}`,
          },
        )
        .min(1, { error: `must ${RIGHTS_RULE}` })
        .describe('Read: all data. Refresh: ask for a refresh. Operate: metrics, quality, budgets.'),
      rbacGroups: z
        .union([z.literal('*'), z.array(text, { error: `must ${GROUPS_RULE}` })], {
          error: `must ${GROUPS_RULE}`,
        })
        .optional()
        .describe(
          'Whose devices the grant lets read, by RBAC group id; "*" = all devices, those without a group included. It limits what is read by this grant alone, and means nothing without Inventory.Read.',
        ),
    },
    { error: 'must be a grant: an object with one of role, scope, group, and with rights' },
  )
  .refine(namesOneClaim, { error: `must ${ONE_CLAIM_RULE}`, when: isOfObject })
  .refine(saysWhatIsRead, {
    error: `must ${GROUPS_RULE}, for the grant lets read`,
    path: ['rbacGroups'],
    when: isOfObject,
  })
  .meta({
    oneOf: GRANT_CLAIMS.map((claim) => ({ required: [claim] })),
    if: { properties: { rights: { contains: { const: READING } } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, and nothing that is awaited
    then: { required: ['rbacGroups'] },
  });

const trustedIssuer = z.strictObject(
  {
    issuer: url.describe('Exactly the claim "iss" of its tokens. Not Entra ID.'),
    audiences: z
      .array(text, { error: 'must be a list of at least one audience' })
      .min(1, { error: 'must be a list of at least one audience' })
      .describe('What its tokens must be for: one of these must be in the claim "aud".'),
    keysUrl: url.describe(
      'Where it publishes its signing keys (JSON Web Key Set): "jwks_uri" of its discovery document.',
    ),
  },
  { error: 'must be an object with issuer, audiences and keysUrl' },
);

const policyFile = z
  .strictObject(
    {
      $schema: z.string({ error: 'must be a text' }).optional().describe('For editors; not read.'),
      grants: z
        .array(grant, { error: 'must be a list of grants' })
        .describe('A caller has the union of the grants that fit; with none it is refused.'),
      issuers: z
        .array(trustedIssuer, { error: 'must be a list of issuers' })
        .optional()
        .describe('OpenID providers beside Entra ID whose tokens are accepted.'),
    },
    { error: 'must be an object with "grants"' },
  )
  .superRefine((value, context) => {
    const known = new Set<string>();
    for (const [index, { issuer }] of (value.issuers ?? []).entries()) {
      const path = ['issuers', index, 'issuer'];
      if (known.has(issuer)) context.addIssue({ code: 'custom', path, message: 'must be there once' });
      if (isEntraHost(issuer)) {
        context.addIssue({
          code: 'custom',
          path,
          message: 'must not be Entra ID, whose tenants are named in AUTH_TENANT_ID',
        });
      }
      known.add(issuer);
    }
    for (const [index, { issuer }] of value.grants.entries()) {
      if (issuer === undefined || known.has(issuer)) continue;
      const path = ['grants', index, 'issuer'];
      context.addIssue({ code: 'custom', path, message: 'must be the "issuer" of one of the issuers' });
    }
  })
  .meta({
    title: 'Access policy of the Defender certificate gateway',
    description: 'The file of AUTH_POLICY_FILE.',
  });

/** The JSON Schema (draft 2020-12) of the file. What it cannot say: that issuers are distinct, and known to grants. */
export function createPolicyJsonSchema(): object {
  return z.toJSONSchema(policyFile, { io: 'input' });
}

/** The policy that the text of a file describes, or all of its faults. */
export function parsePolicy(fileText: string): PolicyReading {
  let document: unknown;
  try {
    document = JSON.parse(fileText.replace(/^\uFEFF/, ''));
  } catch {
    // The parser's own words would quote the file.
    return { faults: [{ path: '', rule: 'be JSON in UTF-8', value: 'a text that is not' }] };
  }
  const { success, data, error } = policyFile.safeParse(document);
  if (!success) return { faults: distinct(error.issues.map((issue) => toFault(issue, document))) };
  return { policy: { grants: data.grants.map(toGrant), issuers: data.issuers ?? [] } };
}

/** The rules of a grant are looked at even where it has other faults, so that all are told at once. */
function isOfObject({ value }: { readonly value: unknown }): boolean {
  return typeof value === 'object' && value !== null;
}

function namesOneClaim(value: Partial<Record<GrantClaim, unknown>>): boolean {
  return GRANT_CLAIMS.filter((claim) => value[claim] !== undefined).length === 1;
}

function saysWhatIsRead({
  rights,
  rbacGroups,
}: {
  readonly rights?: unknown;
  readonly rbacGroups?: unknown;
}): boolean {
  return rbacGroups !== undefined || !(Array.isArray(rights) && rights.includes(READING));
}

function toGrant(value: z.infer<typeof grant>): Grant {
  const claim = GRANT_CLAIMS.find((one) => value[one] !== undefined) as GrantClaim;
  const granted = value[claim] as string;
  const isReading = value.rights.includes(READING);
  return {
    claim,
    value: claim === 'group' ? normalizeGroup(granted) : granted,
    issuer: value.issuer ?? null,
    rights: [...new Set(value.rights)],
    rbacGroupIds: !isReading ? [] : value.rbacGroups === '*' ? null : (value.rbacGroups ?? []),
  };
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
