import { fileURLToPath } from 'node:url';

/** The migrations of every room that stores something, for {@link migrate}. */
export const MIGRATIONS: readonly string[] = ['security', 'reference', 'accounts', 'clearing', 'ai', 'server'].map((room) =>
  fileURLToPath(new URL(`../../${room}/migrations`, import.meta.url)),
);
