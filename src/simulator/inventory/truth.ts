/**
 * What the simulator knows to be true of the records that it hands out, in plain values: the oracle that
 * an answer of a gateway is compared with. Nothing here says how a value is spelled on the wire.
 */

export type SubjectType = 'CERTIFICATE_AUTHORITY' | 'END_ENTITY';

/** A distinguished name as its parts. */
export interface SimulatedName {
  readonly commonName: string | null;
  readonly organization: string | null;
  readonly organizationalUnit: string | null;
  readonly locality: string | null;
  readonly state: string | null;
  readonly country: string | null;
  /** The text that goes over the wire where the name goes as plain text, else null. */
  readonly text: string | null;
}

/** An extended key usage; `oid` is null for text that names none. */
export interface SimulatedUsage {
  readonly oid: string | null;
  /** The Windows friendly name where there is one. */
  readonly name: string;
}

/** What one record says of its certificate; null is "not reported". */
export interface CertificateFacts {
  /** 40 upper-case hex digits. */
  readonly thumbprint: string;
  /** As reported, upper-case; leading zeros are kept. */
  readonly serialNumber: string | null;
  readonly subject: SimulatedName | null;
  readonly issuer: SimulatedName | null;
  readonly subjectType: SubjectType | null;
  /** Subject and issuer are the same name; null when either is unknown. */
  readonly isSelfSigned: boolean | null;
  /** Windows friendly name, as reported. */
  readonly signatureAlgorithm: string | null;
  /** Bits. */
  readonly keySize: number | null;
  /** Epoch seconds. */
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  /** RFC 5280 names in bit order; empty when reported as none, null when nothing is reported. */
  readonly keyUsages: readonly string[] | null;
  readonly extendedKeyUsages: readonly SimulatedUsage[] | null;
}

/** Why a wire record cannot be an installation. */
export type MalformedReason =
  | 'NOT_AN_OBJECT'
  | 'DEVICE_ID_MISSING'
  | 'PATH_MISSING'
  | 'THUMBPRINT_MISSING'
  | 'THUMBPRINT_MALFORMED';

/** One wire record. A malformed one still carries the values that it was made from. */
export interface SimulatedRecord extends CertificateFacts {
  /** 40 lower-case hex digits. */
  readonly deviceId: string;
  readonly deviceName: string | null;
  readonly rbacGroupId: string;
  readonly rbacGroupName: string | null;
  /** `LocalMachine\<store>\<thumbprint>`, as reported. */
  readonly path: string;
  readonly malformed: MalformedReason | null;
}

const NO_PARTS: SimulatedName = {
  commonName: null,
  organization: null,
  organizationalUnit: null,
  locality: null,
  state: null,
  country: null,
  text: null,
};

/** A name of the given parts; the others are null. */
export function createName(parts: Partial<SimulatedName>): SimulatedName {
  return Object.freeze({ ...NO_PARTS, ...parts });
}

/** Two names say the same: `null` when either is unknown. */
export function isSameName(left: SimulatedName | null, right: SimulatedName | null): boolean | null {
  if (left === null || right === null) return null;
  return (
    left === right ||
    (left.commonName === right.commonName &&
      left.organization === right.organization &&
      left.organizationalUnit === right.organizationalUnit &&
      left.locality === right.locality &&
      left.state === right.state &&
      left.country === right.country &&
      left.text === right.text)
  );
}
