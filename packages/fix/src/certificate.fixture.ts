import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A self-signed X.509 certificate for tests, valid from 2020 to 2049 (RFC 5280, Ed25519 by RFC 8410). */
export function selfSigned(name: string): { key: string; cert: string; fingerprint256: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const algorithm = der(0x30, der(0x06, Buffer.from([0x2b, 0x65, 0x70])));
  const commonName = der(0x30, der(0x06, Buffer.from([0x55, 0x04, 0x03])), der(0x0c, Buffer.from(name)));
  const subject = der(0x30, der(0x31, commonName));
  const validity = der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')));
  const alternative = der(0x30, der(0x82, Buffer.from(name)));
  const extension = der(0x30, der(0x06, Buffer.from([0x55, 0x1d, 0x11])), der(0x04, alternative));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, ...randomBytes(8)])),
    algorithm,
    subject,
    validity,
    subject,
    spki(publicKey),
    der(0xa3, der(0x30, extension)),
  );
  const certificate = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), sign(null, body, privateKey)));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\n')}\n-----END CERTIFICATE-----\n`,
    fingerprint256: (createHash('sha256').update(certificate).digest('hex').toUpperCase().match(/../g) ?? []).join(':'),
  };
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}
