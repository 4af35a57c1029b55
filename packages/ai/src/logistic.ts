/**
 * Logistic regression with a ridge, by Newton's method (IRLS). Deterministic: sums run in the order of the rows.
 * Hot path of training: rows lie in one array, row after row.
 */
export interface LogisticFit {
  readonly intercept: number;
  readonly weights: readonly number[];
  readonly iterations: number;
  /** Largest step of the last iteration. */
  readonly step: number;
}

const ITERATIONS_MAX = 50;
const STEP_MIN = 1e-10;

/** @param x rows × columns, standardised @param y 0 or 1 @param ridge penalty on the squared weights, not on the intercept */
export function fitLogistic(x: Float64Array, y: ArrayLike<number>, columns: number, ridge: number): LogisticFit {
  const size = columns + 1;
  const beta = new Float64Array(size);
  let [iterations, step] = [0, Number.POSITIVE_INFINITY];
  while (iterations < ITERATIONS_MAX && step > STEP_MIN) {
    const { gradient, hessian } = derivatives(x, y, columns, beta);
    for (let j = 1; j < size; j++) {
      gradient[j] = (gradient[j] as number) + ridge * (beta[j] as number);
      hessian[j * size + j] = (hessian[j * size + j] as number) + ridge;
    }
    const change = solve(hessian, gradient, size);
    step = 0;
    for (let j = 0; j < size; j++) {
      // Steps of more than five units of log odds are Newton leaving its region: they are cut.
      const part = Math.min(5, Math.max(-5, change[j] as number));
      beta[j] = (beta[j] as number) - part;
      step = Math.max(step, Math.abs(part));
    }
    iterations++;
  }
  return { intercept: beta[0] as number, weights: [...beta.subarray(1)], iterations, step };
}

function derivatives(x: Float64Array, y: ArrayLike<number>, columns: number, beta: Float64Array) {
  const size = columns + 1;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const row = new Float64Array(size);
  row[0] = 1;
  for (let i = 0; i < y.length; i++) {
    let odds = beta[0] as number;
    for (let j = 0; j < columns; j++) {
      row[j + 1] = x[i * columns + j] as number;
      odds += (beta[j + 1] as number) * (row[j + 1] as number);
    }
    const p = 1 / (1 + Math.exp(-odds));
    const error = p - (y[i] as number);
    const curve = Math.max(1e-12, p * (1 - p));
    for (let a = 0; a < size; a++) {
      const value = row[a] as number;
      gradient[a] = (gradient[a] as number) + error * value;
      for (let b = 0; b <= a; b++)
        hessian[a * size + b] = (hessian[a * size + b] as number) + curve * value * (row[b] as number);
    }
  }
  return { gradient, hessian };
}

/** Cholesky of the lower triangle. */
function solve(matrix: Float64Array, right: Float64Array, size: number): Float64Array {
  const at = (i: number, j: number) => matrix[i * size + j] as number;
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      matrix[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / at(j, j);
    }
  const result = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) result[i] = (result[i] as number) - at(i, k) * (result[k] as number);
    result[i] = (result[i] as number) / at(i, i);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) result[i] = (result[i] as number) - at(k, i) * (result[k] as number);
    result[i] = (result[i] as number) / at(i, i);
  }
  return result;
}
