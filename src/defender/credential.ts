/** How the gateway proves to Entra ID who it is: exactly one of these. */
export type Credential =
  /** `AZURE_CLIENT_SECRET`. */
  | { readonly kind: 'secret'; readonly secret: string }
  /** `AZURE_CLIENT_CERTIFICATE_PATH`: a PEM file with the certificate and its unencrypted private key. */
  | { readonly kind: 'certificate'; readonly pemPath: string }
  /** `AZURE_FEDERATED_TOKEN_FILE`: a file that the platform keeps filled with a fresh token. */
  | { readonly kind: 'federated'; readonly tokenFile: string }
  /** `AZURE_USE_MANAGED_IDENTITY`; with a client id the user-assigned identity of that id. */
  | { readonly kind: 'managedIdentity'; readonly clientId?: string }
  /** `AZURE_USE_DEVICE_CODE`: one engineer signs in with their own account. */
  | { readonly kind: 'deviceCode' };
