/**
 * What a policy file may hold, as one definition: the gateway reads the file by it, and `docs/policy.schema.json` is
 * written from it. Each rule is a message that completes "<path> must …".
 */

import { z } from 'zod';
import { GRANT_CLAIMS, type GrantClaim } from '../core/access-policy.ts';
import { RIGHTS } from '../core/caller.ts';
import { isEntraHost } from './entra-issuers.ts';
import { GUID } from './groups.ts';

/** https, or http on this machine; nothing after the path, so that it is compared and asked for as it stands. */
const URL_PATTERN =
  /^(?:https:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]))(?::\d{1,5})?(?:\/[^\s?#\\]*)?$/;
const URL_RULE = 'be an https:// URL without user, query and fragment (http:// only on a loopback host)';
const HOST_RULE = 'be a URL of a host and a port that there can be';

const MAXIMUM_TEXT_LENGTH = 256;
const TEXT_RULE = `be a text of 1 to ${MAXIMUM_TEXT_LENGTH} characters, without a space at its ends`;
const WORD_RULE = `be a text of 1 to ${MAXIMUM_TEXT_LENGTH} characters, without a space`;
const GROUP_ID_RULE = `${TEXT_RULE}, and without a comma: each group is an entry of its own`;
const NO_STAR_RULE = 'be the id of an RBAC group: for all devices write "*" in place of the list';

/** @param rule what it must be, `pattern` and length included */
const textOf = (pattern: RegExp, rule: string) =>
  z
    .string({ error: `must ${rule}` })
    .min(1, { error: `must ${rule}` })
    .max(MAXIMUM_TEXT_LENGTH, { error: `must ${rule}` })
    .regex(pattern, { error: `must ${rule}` });

const text = textOf(/^\S(?:[\s\S]*\S)?$/, TEXT_RULE);
/** As a claim of words has it: one with a space in it is in no such list. Names of groups may have one. */
const word = textOf(/^\S+$/, WORD_RULE);
const groupId = textOf(/^[^\s,](?:[^,]*[^\s,])?$/, GROUP_ID_RULE).regex(/^(?!\*$)/, {
  error: `must ${NO_STAR_RULE}`,
});

const url = z
  .string({ error: `must ${URL_RULE}` })
  .regex(URL_PATTERN, { error: `must ${URL_RULE}` })
  .refine(hasHost, { error: `must ${HOST_RULE}` });

export const READING = 'Inventory.Read';
const ONE_CLAIM_RULE = `name exactly one of ${GRANT_CLAIMS.join(', ')}`;
const ONE_ORIGIN_RULE = 'name a tenant or an issuer, not both: tenants are those of Entra ID';
const TENANT_RULE = 'be a tenant id: a GUID, as in the "tid" of its tokens';
const GROUPS_RULE = 'be "*" (all devices) or a list of RBAC group ids, each a text such as "4226"';
const RIGHTS_RULE = `be a list of at least one of ${RIGHTS.map((right) => `"${right}"`).join(', ')}`;

const grant = z
  .strictObject(
    {
      role: word.optional().describe('A value of the claim "roles" of an application in its own name.'),
      scope: word.optional().describe('A word of the claim "scp", or "scope".'),
      group: text.optional().describe('An entry of the claim "groups" of a user: in Entra ID an object id.'),
      issuer: url
        .optional()
        .describe('Whose tokens the grant counts for: one of "issuers". Absent: those of Entra ID.'),
      tenant: z
        .string({ error: `must ${TENANT_RULE}` })
        .regex(GUID, { error: `must ${TENANT_RULE}` })
        .optional()
        .describe(
          'Which tenant of Entra ID the grant counts for: one of AUTH_TENANT_ID. Absent: each of them.',
        ),
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
        .union([z.literal('*'), z.array(groupId, { error: `must ${GROUPS_RULE}` })], {
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
  .refine(namesOneOrigin, { error: `must ${ONE_ORIGIN_RULE}`, when: isOfObject })
  .refine(saysWhatIsRead, {
    error: `must ${GROUPS_RULE}, for the grant lets read`,
    path: ['rbacGroups'],
    when: isOfObject,
  })
  .meta({
    oneOf: GRANT_CLAIMS.map((claim) => ({ required: [claim] })),
    not: { required: ['tenant', 'issuer'] },
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

/**
 * The same for a gateway that accepts these tenants: a grant for another one could never count.
 *
 * @param tenantIds GUIDs in lower case
 */
export function createPolicySchema(tenantIds: readonly string[]): typeof policyFile {
  return policyFile.superRefine(({ grants }, context) => {
    for (const [index, { tenant }] of grants.entries()) {
      // What is no tenant id has been told already.
      if (tenant === undefined || !GUID.test(tenant) || tenantIds.includes(tenant.toLowerCase())) continue;
      const path = ['grants', index, 'tenant'];
      context.addIssue({ code: 'custom', path, message: 'must be one of the tenants in AUTH_TENANT_ID' });
    }
  });
}

/**
 * The JSON Schema (draft 2020-12) of the file. What it cannot say: that no member is given twice,
 * that issuers are distinct and known to grants, that their URLs have a host, and which tenants are accepted.
 */
export function createPolicyJsonSchema(): object {
  return z.toJSONSchema(policyFile, { io: 'input' });
}

/** Of a URL in the right form whether it means a host: a port may be too large, an address none. */
function hasHost(value: string): boolean {
  return !URL_PATTERN.test(value) || URL.canParse(value);
}

/** The rules of a grant are looked at even where it has other faults, so that all are told at once. */
function isOfObject({ value }: { readonly value: unknown }): boolean {
  return typeof value === 'object' && value !== null;
}

function namesOneClaim(value: Partial<Record<GrantClaim, unknown>>): boolean {
  return GRANT_CLAIMS.filter((claim) => value[claim] !== undefined).length === 1;
}

function namesOneOrigin({
  tenant,
  issuer,
}: {
  readonly tenant?: unknown;
  readonly issuer?: unknown;
}): boolean {
  return tenant === undefined || issuer === undefined;
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
