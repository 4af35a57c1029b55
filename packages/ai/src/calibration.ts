import type { Calibration } from './artefact.ts';
import { logistic } from './artefact.ts';
import { fitLogistic } from './logistic.ts';
import { bootstrap, logLossOf } from './metrics.ts';

/**
 * Platt's scaling on a slice that the fit has not seen: σ(slope·z + offset). Kept only where its gain in log loss, with the whole 95 %
 * interval by months, is real; a correction fitted to noise makes a good model worse. The first half of the slice fits it, the second judges.
 */
export function calibrationOf(
  logOdds: readonly number[],
  labels: readonly number[],
  months: readonly string[],
  seed: number,
): Calibration | null {
  const half = Math.floor(logOdds.length / 2);
  if (!labels.slice(0, half).includes(1) || !labels.slice(half).includes(1)) return null;
  const { intercept, weights } = fitLogistic(Float64Array.from(logOdds.slice(0, half)), labels.slice(0, half), 1, 0);
  const calibration: Calibration = { slope: weights[0] as number, offset: intercept };
  if (!(calibration.slope > 0)) return null;
  const gain = (i: number) => {
    const [z, label] = [logOdds[i] as number, labels[i] as number];
    return logLossOf(logistic(z), label) - logLossOf(logistic(calibration.slope * z + calibration.offset), label);
  };
  const later = Array.from({ length: logOdds.length - half }, (_, i) => half + i);
  const clusters = [...Map.groupBy(later, (i) => months[i] as string).values()];
  const { low } = bootstrap(clusters, (rows) => rows.reduce((sum, i) => sum + gain(i), 0) / rows.length, { seed });
  return low > 0 ? calibration : null;
}
