/** A straight line through samples. */

export interface Fit {
  readonly slope: number;
  /** Of the slope; NaN with fewer than three samples. */
  readonly standardError: number;
}

/** Least squares. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Fit {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  let squaresX = 0;
  let products = 0;
  for (const [x, y] of points) {
    squaresX += (x - meanX) ** 2;
    products += (x - meanX) * (y - meanY);
  }
  const slope = products / squaresX;
  let residuals = 0;
  for (const [x, y] of points) residuals += (y - meanY - slope * (x - meanX)) ** 2;
  const standardError = count < 3 ? Number.NaN : Math.sqrt(residuals / (count - 2) / squaresX);
  return { slope, standardError };
}
