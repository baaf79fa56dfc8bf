import type { EpochMetrics } from '#shared/contract/index.ts';

/** Whether `metrics` beat `best`: by validation accuracy, else by training loss; not when equal. */
export function better(metrics: EpochMetrics, best: EpochMetrics): boolean {
  if (metrics.valAccuracy !== null && best.valAccuracy !== null) {
    return metrics.valAccuracy > best.valAccuracy;
  }
  return metrics.loss < best.loss;
}
