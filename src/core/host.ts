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

/**
 * Whether the `Host` of a request is one that means this machine whatever a name service says: localhost and the names
 * below it, 127.0.0.0/8, [::1], each with or without a port. `undefined`, no such header, is not.
 */
export function isLoopbackAuthority(authority: string | undefined): boolean {
  const [, host = ''] = /^(\[[^\]]*\]|[^:[\]]*)(?::\d{0,5})?$/.exec(authority ?? '') ?? [];
  return isLoopbackHost(host) || /^(?:[a-z0-9_-]+\.)+localhost$/i.test(host);
}
