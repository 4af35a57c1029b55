/** By which names the house is asked, and whether over TLS. */
export interface Site {
  /** "https://desk.example": behind a proxy or with a certificate of our own. Without one: this machine only. */
  readonly origin?: string;
  /** PEM, where the door speaks TLS itself. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface SiteRules {
  readonly secure: boolean;
  /** Whether a Host header names us. */
  isOurs(host: string): boolean;
  /** Origins that our own pages have when asked under this host. */
  origins(host: string): readonly string[];
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;

export const isLoopbackHost = (host: string): boolean => LOOPBACK.test(host);

export function siteRules({ origin, tls }: Site): SiteRules {
  const configured = origin === undefined ? undefined : new URL(origin);
  const secure = tls !== undefined || configured?.protocol === 'https:';
  return {
    secure,
    isOurs: (host) => isLoopbackHost(host) || (configured !== undefined && host === configured.host),
    origins: (host) => [
      ...(configured === undefined ? [] : [configured.origin]),
      // A page that the same name and port served; another port of this machine is another origin.
      ...(isLoopbackHost(host) ? [`${tls === undefined ? 'http' : 'https'}://${host}`] : []),
    ],
  };
}
