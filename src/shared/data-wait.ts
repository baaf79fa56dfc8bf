/** Less than this is the copying of a batch, which no faster disk would save. */
const NOTICEABLE = 0.05;

/** @param share of the training time in which the device waited for images, 0 to 1 */
export function waitsForData(share: number): boolean {
  return share >= NOTICEABLE;
}

/** 'data keeps up', 'waits for data 23 %'. */
export function dataWaitText(share: number): string {
  return waitsForData(share) ? `waits for data ${Math.round(share * 100)} %` : 'data keeps up';
}
