import { type Artefact, type SealedArtefact, seal } from './artefact.ts';

/** A small model for tests: the rule's log odds and a little concentration. */
export const MODEL: Artefact = {
  ...{ format: 'meridian-model-1', useCase: 'margin-shortfall', kind: 'logistic', intercept: -0.25, threshold: 0.2 },
  terms: [
    { feature: 'dtb', transform: 'rule-logit', low: -9, high: 9, centre: -3, scale: 2.5, weight: 1.75 },
    { feature: 'concentration', transform: 'identity', low: 0, high: 1, centre: 0.4, scale: 0.2, weight: 0.125 },
  ],
  calibration: { slope: 0.95, offset: -0.1 },
  training: { nonce: 0 },
};

export const sealedModel = (nonce = 0): SealedArtefact => seal({ ...MODEL, training: { nonce } });
