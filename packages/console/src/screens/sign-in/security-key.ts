/** Asks the browser for an assertion over the house's challenge (WebAuthn level 3 JSON forms). Throws when the user refuses. */
export async function askSecurityKey(options: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  const credential = await navigator.credentials.get({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new TypeError('no credential');
  return { ...credential.toJSON() };
}
