import { describe, expect, it } from 'vitest';
import { initializerName } from '#shared/layer-spec.ts';
import type { InitializerName } from '#shared/model-spec.ts';
import { initialize } from '#core/engine/initializers.ts';

const [FAN_IN, FAN_OUT] = [30, 70];
const numbers = (type: InitializerName, seed = 1) =>
  initialize({ type, fanIn: FAN_IN, fanOut: FAN_OUT }, [200, 100], seed, 'layer/kernel');

/** Keras' variances, and the largest number that can be drawn. */
const expected: Record<string, [variance: number, limit: number]> = {
  glorotUniform: [2 / 100, Math.sqrt(6 / 100)],
  glorotNormal: [2 / 100, (2 * Math.sqrt(2 / 100)) / 0.87962566],
  heUniform: [2 / FAN_IN, Math.sqrt(6 / FAN_IN)],
  heNormal: [2 / FAN_IN, (2 * Math.sqrt(2 / FAN_IN)) / 0.87962566],
  lecunUniform: [1 / FAN_IN, Math.sqrt(3 / FAN_IN)],
  lecunNormal: [1 / FAN_IN, (2 * Math.sqrt(1 / FAN_IN)) / 0.87962566],
  randomUniform: [0.05 ** 2 / 3, 0.05],
  randomNormal: [0.05 ** 2, Infinity],
  truncatedNormal: [(0.05 * 0.87962566) ** 2, 0.1],
};

describe('initialisers', () => {
  it('are all tested', () => {
    expect([...Object.keys(expected), 'zeros', 'ones'].sort()).toEqual(
      [...initializerName.options].sort(),
    );
  });

  it.each(Object.entries(expected))('%s has the variance and limits of Keras', (name, given) => {
    const [variance, limit] = given;
    const values = numbers(name as InitializerName);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03 * Math.sqrt(variance));
    expect(square / variance).toBeGreaterThan(0.97);
    expect(square / variance).toBeLessThan(1.03);
    expect(values.every((value) => Math.abs(value) <= limit * (1 + 1e-6))).toBe(true);
    expect(numbers(name as InitializerName)).toEqual(values);
    expect(numbers(name as InitializerName, 2)).not.toEqual(values);
  });

  it('fills with zeros and ones', () => {
    expect(new Set(numbers('zeros'))).toEqual(new Set([0]));
    expect(new Set(numbers('ones'))).toEqual(new Set([1]));
  });
});
