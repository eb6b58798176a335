/** The certificate and the key of the settings: read at start, on each serving thread, and looked at before they are used. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { readSettingFile, toSettingFault } from './compose-setting-files.ts';
import type { SettingName } from './config/env.ts';
import { ConfigurationError } from './config/faults.ts';
import type { TransportSettings } from './config/transport.ts';
import { printValue } from './core/errors.ts';
import type { TlsIdentity } from './http/listener.ts';

/**
 * @returns `undefined` when the gateway is to speak plain HTTP
 * @throws ConfigurationError naming the file that cannot be read or used; never with anything that stands in it
 */
export async function loadTls(paths: TransportSettings['tls']): Promise<TlsIdentity | undefined> {
  if (paths === undefined) return undefined;
  const { certPath, keyPath } = paths;
  const cert = await readSettingFile('tlsCertPath', certPath);
  const key = await readSettingFile('tlsKeyPath', keyPath);
  const certificate = attempt(
    'tlsCertPath',
    'a PEM file with a certificate',
    certPath,
    () => new X509Certificate(cert),
  );
  const privateKey = attempt('tlsKeyPath', 'a PEM file with a private key without a password', keyPath, () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw refuse('tlsKeyPath', 'the file of the key of the first certificate in TLS_CERT_PATH', keyPath);
  }
  // A chain that is broken further down, a key that is too short for OpenSSL.
  attempt('tlsCertPath', 'a certificate and a chain that OpenSSL takes', certPath, () =>
    createSecureContext({ cert, key }),
  );
  return { cert, key };
}

function attempt<Result>(name: SettingName, expected: string, path: string, use: () => Result): Result {
  try {
    return use();
  } catch (error) {
    throw refuse(name, expected, path, (error as NodeJS.ErrnoException).code);
  }
}

function refuse(name: SettingName, expected: string, path: string, code?: string): ConfigurationError {
  const value = code === undefined ? printValue(path) : `${printValue(path)} (${code})`;
  return new ConfigurationError([toSettingFault(name, expected, value)]);
}
