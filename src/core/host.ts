/**
 * What a host name says by itself. Nothing is looked up: a name that a resolver would send to this machine is
 * a stranger here.
 */

/**
 * Whether a host can be reached from this machine alone: localhost, 127.0.0.0/8, ::1 with or without
 * brackets, in any case of letters.
 */
export function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}
