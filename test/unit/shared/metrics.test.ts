import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracy,
  argmax,
  balancedAccuracy,
  balancedErrorRate,
  classScores,
  confusedPairs,
  confusionMatrix,
  correctCount,
  imageCount,
  logLoss,
  topClasses,
  wilsonInterval,
} from '#shared/metrics.ts';

/** The example of scikit-learn's documentation: y_true and y_pred over three classes. */
const truth = [2, 0, 2, 2, 0, 1];
const predicted = [0, 0, 2, 2, 0, 2];
const matrix = confusionMatrix(truth, predicted, 3);

describe('confusionMatrix', () => {
  it('has the true class in rows and the predicted one in columns', () => {
    expect(matrix).toEqual([
      [2, 0, 0],
      [0, 0, 1],
      [1, 0, 2],
    ]);
  });

  it('refuses what is not a class', () => {
    expect(() => confusionMatrix([0, 3], [0, 0], 3)).toThrow(RangeError);
    expect(() => confusionMatrix([0, 0], [0, -1], 3)).toThrow(RangeError);
    expect(() => confusionMatrix([0], [0, 1], 3)).toThrow(RangeError);
  });

  it('counts every image once, whatever the data', () => {
    const pairs = fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 200 });
    fc.assert(
      fc.property(pairs, (data) => {
        const counted = confusionMatrix(
          data.map(([t]) => t),
          data.map(([, p]) => p),
          7,
        );
        expect(imageCount(counted)).toBe(data.length);
        expect(correctCount(counted)).toBe(data.filter(([t, p]) => t === p).length);
        for (const value of [accuracy(counted), balancedAccuracy(counted)]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('scores', () => {
  it('are the values computed by hand', () => {
    expect(accuracy(matrix)).toBeCloseTo(4 / 6, 12);
    // Recalls 1, 0, 2/3.
    expect(balancedAccuracy(matrix)).toBeCloseTo(5 / 9, 12);
    expect(balancedErrorRate(matrix)).toBeCloseTo(4 / 9, 12);
    const [first, second, third] = classScores(matrix);
    expect(first).toEqual({ precision: 2 / 3, recall: 1, f1: 0.8, support: 2 });
    // Never predicted: precision is 0/0, reported as 0.
    expect(second).toEqual({ precision: 0, recall: 0, f1: 0, support: 1 });
    expect(third!.precision).toBeCloseTo(2 / 3, 12);
    expect(third!.recall).toBeCloseTo(2 / 3, 12);
    expect(third!.f1).toBeCloseTo(2 / 3, 12);
  });

  it('leave classes that do not occur out of the balanced accuracy', () => {
    // Class 2 has no images, but one image is taken for it.
    const counted = confusionMatrix([0, 0, 1, 1], [0, 0, 1, 2], 3);
    expect(balancedAccuracy(counted)).toBeCloseTo((1 + 0.5) / 2, 12);
    expect(classScores(counted)[2]).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 });
  });

  it('are zero, not NaN, without images', () => {
    const empty = confusionMatrix([], [], 2);
    expect(accuracy(empty)).toBe(0);
    expect(balancedAccuracy(empty)).toBe(0);
    expect(balancedErrorRate(empty)).toBe(1);
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
    expect(logLoss([], [], 2)).toBe(0);
  });

  it('differ from accuracy when classes are unequal', () => {
    const counted = confusionMatrix(
      [...Array<number>(90).fill(0), ...Array<number>(10).fill(1)],
      Array<number>(100).fill(0),
      2,
    );
    expect(accuracy(counted)).toBe(0.9);
    expect(balancedAccuracy(counted)).toBe(0.5);
  });
});

describe('wilsonInterval', () => {
  it('matches published values', () => {
    // statsmodels.stats.proportion.proportion_confint(8, 10, method='wilson')
    const [low, high] = wilsonInterval(8, 10);
    expect(low).toBeCloseTo(0.490162, 6);
    expect(high).toBeCloseTo(0.943318, 6);
    const [testLow, testHigh] = wilsonInterval(9100, 10_000);
    expect(testLow).toBeCloseTo(0.904232, 6);
    expect(testHigh).toBeCloseTo(0.915453, 6);
  });

  it('stays within 0 and 1 and around the share', () => {
    expect(wilsonInterval(0, 5)[0]).toBe(0);
    expect(wilsonInterval(5, 5)[1]).toBe(1);
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), (hits, misses) => {
        fc.pre(hits + misses > 0);
        const [low, high] = wilsonInterval(hits, hits + misses);
        const share = hits / (hits + misses);
        expect(low).toBeLessThanOrEqual(share);
        expect(high).toBeGreaterThanOrEqual(share);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('confusedPairs', () => {
  it('adds both directions and puts the commonest first', () => {
    const pairs = confusedPairs([
      [9, 2, 0],
      [1, 9, 4],
      [0, 3, 9],
    ]);
    expect(pairs).toEqual([
      { a: 1, b: 2, count: 7, ab: 4, ba: 3 },
      { a: 0, b: 1, count: 3, ab: 2, ba: 1 },
    ]);
    expect(confusedPairs([[5]])).toEqual([]);
  });
});

describe('logLoss', () => {
  it('is the mean negative log of the true class', () => {
    // sklearn.metrics.log_loss(["spam","ham","ham","spam"], [[.1,.9],[.9,.1],[.8,.2],[.35,.65]])
    const loss = logLoss([0.1, 0.9, 0.9, 0.1, 0.8, 0.2, 0.35, 0.65], [1, 0, 0, 1], 2);
    expect(loss).toBeCloseTo(0.21616, 5);
  });

  it('clips a probability of zero', () => {
    expect(logLoss([0, 1], [0], 2)).toBeCloseTo(23 * Math.LN2, 10);
    expect(logLoss([0, 1], [1], 2)).toBe(0);
  });

  it('refuses a class that is not there', () => {
    expect(() => logLoss([0.5, 0.5], [4], 2)).toThrow(RangeError);
  });
});

describe('argmax', () => {
  it('takes the first of equals, as numpy does', () => {
    expect(argmax([0.2, 0.4, 0.4])).toBe(1);
    expect([...topClasses([0.5, 0.5, 0.1, 0.9], 2)]).toEqual([0, 1]);
    expect([...topClasses([], 3)]).toEqual([]);
  });
});
