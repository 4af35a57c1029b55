import './reflect-metadata.ts';
import { createPrivateKey, KeyObject, type webcrypto, X509Certificate } from 'node:crypto';
import path from 'node:path';
import { MICROS_PER_DAY, MICROS_PER_MILLI } from '@meridian/base';
import * as x509 from '@peculiar/x509';
import { readIfThere, writeSecret } from './key-file.ts';
import { problem } from './problems.ts';

/** The processes of the house. A certificate names one of them: `spiffe://meridian/<role>/<instance>`. DS-5. */
export const ROLES = ['supervisor', 'server', 'worker', 'node', 'venue', 'cli'] as const;
export type Role = (typeof ROLES)[number];

/** Who a process is and what proves it. */
export interface Identity {
  readonly role: Role;
  readonly instance: string;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** PEM of every authority that is trusted now: the present one and, while rotating, the one before. */
  readonly trusted: string;
}

export interface AuthorityOptions {
  /** Milliseconds since 1970; the wall clock by default. Certificates live in wall time. */
  readonly now?: () => number;
}

/** Makes certificates for the processes of one installation. Only the supervising process opens it. */
export interface Authority {
  /**
   * The identity of a process: the one in the folder while it is good for another thirty days, else a new one.
   * The process itself reads it by {@link loadIdentity}.
   */
  issue(role: Role, instance: string): Promise<Identity>;
}

const DAY_MS = MICROS_PER_DAY / MICROS_PER_MILLI;
const AUTHORITY_DAYS = 3650;
const AUTHORITY_RENEW_DAYS = 365;
const IDENTITY_DAYS = 90;
const IDENTITY_RENEW_DAYS = 30;
/** Clocks of two machines may differ by this much. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** Every certificate carries this DNS name; who the peer is says its URI. */
export const SERVER_NAME = 'meridian.internal';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Opens the certificate authority kept in `folder`, making it at the first start: ECDSA P-256, keys with mode 0600. An
 * authority in its last year is replaced; the old one stays trusted until it expires.
 */
export async function openAuthority(folder: string, options: AuthorityOptions = {}): Promise<Authority> {
  const now = options.now ?? Date.now;
  const files = { key: path.join(folder, 'authority.key'), certificate: path.join(folder, 'authority.crt') };
  const kept = certificatesIn(readIfThere(files.certificate) ?? '').filter((c) => daysLeft(c, now()) > 0);
  const present = kept[0];
  const storedKey = readIfThere(files.key);
  let signer: { key: webcrypto.CryptoKey; certificate: x509.X509Certificate };
  if (present !== undefined && storedKey !== undefined && daysLeft(present, now()) > AUTHORITY_RENEW_DAYS) {
    signer = { key: await importKey(storedKey), certificate: new x509.X509Certificate(present.toString()) };
  } else {
    signer = await newAuthority(now());
    // The certificate goes last: without it the key is made anew, with it the key is there.
    writeSecret(files.key, await exportKey(signer.key));
    writeSecret(files.certificate, [signer.certificate.toString('pem'), ...kept.map(String)].join('\n'));
  }
  return {
    async issue(role, instance) {
      const trusted = readIfThere(files.certificate) as string;
      const existing = identityIn(folder, role, instance, trusted);
      const issuer = new X509Certificate(signer.certificate.toString('pem'));
      if (existing !== undefined && isGood(existing.certificate, issuer, now())) return existing;
      const fresh = await newIdentity(signer, role, instance, now());
      const [keyFile, certificateFile] = identityFiles(folder, role, instance);
      writeSecret(keyFile, fresh.key);
      writeSecret(certificateFile, fresh.certificate);
      return { role, instance, ...fresh, trusted };
    },
  };
}

/**
 * Reads the identity that the authority left in `folder` for this process.
 * @throws Problem IDENTITY_MISSING
 */
export function loadIdentity(folder: string, role: Role, instance: string): Identity {
  const trusted = readIfThere(path.join(folder, 'authority.crt'));
  const identity = trusted === undefined ? undefined : identityIn(folder, role, instance, trusted);
  if (identity === undefined) throw problem('IDENTITY_MISSING', { path: folder, reason: `${role}-${instance}` });
  return identity;
}

function identityFiles(folder: string, role: Role, instance: string): [key: string, certificate: string] {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(instance))
    throw problem('IDENTITY_MISSING', { path: folder, reason: 'malformed instance name' });
  return [path.join(folder, `${role}-${instance}.key`), path.join(folder, `${role}-${instance}.crt`)];
}

function identityIn(folder: string, role: Role, instance: string, trusted: string): Identity | undefined {
  const [keyFile, certificateFile] = identityFiles(folder, role, instance);
  const key = readIfThere(keyFile);
  const certificate = readIfThere(certificateFile);
  if (key === undefined || certificate === undefined) return undefined;
  // Key and certificate are two files: a crash between them leaves a pair that does not match.
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return undefined;
  return { role, instance, key, certificate, trusted };
}

function isGood(certificate: string, issuer: X509Certificate, nowMs: number): boolean {
  const parsed = new X509Certificate(certificate);
  return parsed.verify(issuer.publicKey) && daysLeft(parsed, nowMs) > IDENTITY_RENEW_DAYS;
}

function daysLeft(certificate: X509Certificate, nowMs: number): number {
  return (Date.parse(certificate.validTo) - nowMs) / DAY_MS;
}

function certificatesIn(bundle: string): X509Certificate[] {
  return (bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
}

async function newAuthority(nowMs: number) {
  const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Meridian authority ${new Date(nowMs).toISOString().slice(0, 10)}`,
    keys,
    signingAlgorithm: EC,
    notBefore: new Date(nowMs - CLOCK_SKEW_MS),
    notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: keys.privateKey, certificate };
}

async function newIdentity(
  signer: { readonly key: webcrypto.CryptoKey; readonly certificate: x509.X509Certificate },
  role: Role,
  instance: string,
  nowMs: number,
): Promise<{ key: string; certificate: string }> {
  const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${role}-${instance}`,
    issuer: signer.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: signer.key,
    signingAlgorithm: EC,
    notBefore: new Date(nowMs - CLOCK_SKEW_MS),
    notAfter: new Date(nowMs + IDENTITY_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: spiffeId(role, instance) },
        { type: 'dns', value: SERVER_NAME },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(signer.certificate.publicKey),
    ],
  });
  return { key: await exportKey(keys.privateKey), certificate: certificate.toString('pem') };
}

export function spiffeId(role: Role, instance: string): string {
  return `spiffe://meridian/${role}/${instance}`;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return createPrivateKey(pem).toCryptoKey(EC, false, ['sign']);
}
