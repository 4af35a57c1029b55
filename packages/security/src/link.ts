import tls from 'node:tls';
import { type Identity, ROLES, type Role, SERVER_NAME } from './certificate.ts';
import { problem } from './problems.ts';

/** Who is at the other end of a link. */
export interface Peer {
  readonly role: Role;
  readonly instance: string;
}

/**
 * TLS between processes (DS-5): TLS 1.3 only, both sides show a certificate of the house's authority, and each side
 * accepts only the roles it expects.
 *
 * With TLS 1.3 a client's `secureConnect` fires before the server has judged the client's certificate: a link is up only
 * when the other side has answered in its own protocol.
 */
export function serverLink(identity: Identity): tls.TlsOptions {
  return {
    key: identity.key,
    cert: identity.certificate,
    ca: identity.trusted,
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
  };
}

/** A client's side; the server must have one of the roles `to`. */
export function clientLink(identity: Identity, to: readonly Role[]): tls.ConnectionOptions {
  return {
    key: identity.key,
    cert: identity.certificate,
    ca: identity.trusted,
    minVersion: 'TLSv1.3',
    servername: SERVER_NAME,
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) => refusal(certificate, to),
  };
}

/**
 * The peer of a link whose certificate chain TLS has verified. Servers call it before they answer anything.
 * @throws Problem PEER_REFUSED
 */
export function acceptPeer(certificate: Pick<tls.PeerCertificate, 'subjectaltname'>, from: readonly Role[]): Peer {
  const peer = peerOf(certificate);
  if (peer === undefined || !from.includes(peer.role))
    throw problem('PEER_REFUSED', {
      peer: peer === undefined ? 'unknown' : `${peer.role}/${peer.instance}`,
      allowed: from.join(', '),
    });
  return peer;
}

function refusal(certificate: tls.PeerCertificate, to: readonly Role[]): Error | undefined {
  try {
    acceptPeer(certificate, to);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Exactly one SPIFFE URI of the house, or nobody. */
function peerOf(certificate: Pick<tls.PeerCertificate, 'subjectaltname'>): Peer | undefined {
  const uris = (certificate.subjectaltname ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  const match = uris.length === 1 ? /^URI:spiffe:\/\/meridian\/([a-z]+)\/([A-Za-z0-9_-]{1,32})$/.exec(uris[0] as string) : null;
  const role = ROLES.find((known) => known === match?.[1]);
  return role === undefined ? undefined : { role, instance: match?.[2] as string };
}

/** For libraries that take no TLS version of their own (gRPC): nothing older than 1.3 in this process. */
export function requireTls13(): void {
  tls.DEFAULT_MIN_VERSION = 'TLSv1.3';
}
