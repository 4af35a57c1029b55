import type { Principal, Resource } from '@meridian/security';

/**
 * What a session may see of the books: booking entities, and for a client's user its own clients only. Every list says it
 * in its WHERE, beside the policies and the database's row security. DS-7, UA-2
 */
export interface Sight {
  /** null: every client of the entities in view. */
  readonly clients: readonly bigint[] | null;
  readonly entities: readonly bigint[];
}

export const isClient = (principal: Principal): boolean => principal.duties.includes('client') || principal.clients.length > 0;

export function sightOf(principal: Principal): Sight {
  return { clients: isClient(principal) ? principal.clients : null, entities: principal.entities };
}

/** What a list acts on: a client's user asks for their own client, others for the one they name, or for all. */
export function listed(kind: string, principal: Principal, client?: string): Resource {
  if (client !== undefined) return { kind, client: BigInt(client) };
  const [own] = principal.clients;
  return own === undefined ? { kind } : { kind, client: own };
}

/** A client's own or an entity's own thing, as far as it has such sides. */
export function owned(
  kind: string,
  id: string,
  owner: { readonly client: bigint | null; readonly entity: bigint | null },
): Resource {
  return {
    ...{ kind, id },
    ...(owner.client === null ? {} : { client: owner.client }),
    ...(owner.entity === null ? {} : { entity: owner.entity }),
  };
}

/** The same of one thing that was read by its number. What is the house's is not a client's. */
export function isInSight(sight: Sight, owner: { readonly client: bigint | null; readonly entity: bigint }): boolean {
  const isOwn = sight.clients === null || (owner.client !== null && sight.clients.includes(owner.client));
  return isOwn && sight.entities.includes(owner.entity);
}
