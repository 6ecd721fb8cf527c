/** Two sides measured in turns, so that neither always runs first. */
import type { Compared } from './report-rows';

export type Figures = Readonly<Record<string, number>>;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** By figure: medians of Kafka (a) and of us (b), and the median of the rounds' ratios b / a. */
export function compare(
  kafka: readonly Figures[],
  ours: readonly Figures[],
): Readonly<Record<string, Compared>> {
  const names = Object.keys(ours[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const [a, b] = [kafka.map((figures) => figures[name]!), ours.map((figures) => figures[name]!)];
      const ratios = b.map((value, at) => value / a[at]!);
      return [name, { median_a: median(a), median_b: median(b), median_ratio: median(ratios) }];
    }),
  );
}

/** One round of each side first that does not count: code is compiled, files and topics of the broker's own are made. */
export async function inTurns(
  rounds: number,
  kafka: () => Promise<Figures>,
  ours: () => Promise<Figures>,
): Promise<{ kafka: readonly Figures[]; ours: readonly Figures[] }> {
  const results = { kafka: [] as Figures[], ours: [] as Figures[] };
  await kafka();
  await ours();
  for (let round = 0; round < rounds; round++) {
    const measureKafka = async () => results.kafka.push(await kafka());
    const measureOurs = async () => results.ours.push(await ours());
    for (const turn of round % 2 === 0 ? [measureKafka, measureOurs] : [measureOurs, measureKafka]) {
      await new Promise((over) => setTimeout(over, 500));
      await turn();
    }
  }
  return results;
}
