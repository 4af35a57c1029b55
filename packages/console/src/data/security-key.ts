/**
 * Asks the browser for an assertion over the house's challenge (WebAuthn level 3 JSON forms).
 * @throws DOMException when the user refuses, no key answers, or none of the user's is here
 */
export async function askSecurityKey(options: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return asJson(await navigator.credentials.get({ publicKey }));
}

/**
 * Has the browser make a credential for this house on a security key.
 * @throws DOMException when the user refuses, no key answers, or the key is enrolled already
 */
export async function makeSecurityKey(options: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return asJson(await navigator.credentials.create({ publicKey }));
}

/** Whether this browser can speak to security keys here: it does so over TLS and on this machine only. */
export const hasSecurityKeys = (): boolean => typeof PublicKeyCredential === 'function';

function asJson(credential: Credential | null): Record<string, unknown> {
  if (!(credential instanceof PublicKeyCredential)) throw new TypeError('no credential');
  return { ...credential.toJSON() };
}
