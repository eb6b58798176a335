/**
 * Normal forms of the identifiers of the domain, so that what Defender wrote and what a person pasted
 * meet: thumbprints, serial numbers, device ids.
 */

/** What people paste along with hex digits: separators, and the invisible marks of the MMC dialog. */
const NOISE = /[\s:\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
const THUMBPRINT = /^[0-9A-F]{40}$/;
const DEVICE_ID = /^[0-9A-F]{40}$/i;

/**
 * The SHA-1 thumbprint as 40 upper-case hex digits, whatever case, spaces, colons or invisible marks
 * it came with.
 *
 * @returns `undefined` when it is no such thing
 */
export function findThumbprint(text: string): string | undefined {
  if (THUMBPRINT.test(text)) return text;
  const normal = stripSeparators(text).toUpperCase();
  return THUMBPRINT.test(normal) ? normal : undefined;
}

/** The serial number as reported, upper-cased; `null` when it is blank. */
export function toSerialNumber(text: string): string | null {
  const normal = text.trim().toUpperCase();
  return normal === '' ? null : normal;
}

/** The text without the separators and invisible marks that hex digits are pasted with. */
export function stripSeparators(text: string): string {
  return text.replace(NOISE, '');
}

/**
 * The serial number as it is compared: upper case, no separators, no `0x`, no leading zeros (Windows
 * prints a leading 00 where OpenSSL does not). `0` stays `0`.
 */
export function toComparableSerialNumber(text: string): string {
  return stripSeparators(text)
    .toUpperCase()
    .replace(/^0X/, '')
    .replace(/^0+(?=.)/, '');
}

/** The device id as it is kept: Defender's 40 hex digits in lower case, any other text as it came. */
export function toDeviceId(text: string): string {
  return DEVICE_ID.test(text) ? text.toLowerCase() : text;
}
