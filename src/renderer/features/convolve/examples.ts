/** What there is to begin with: the examples that textbooks show. */
import type { SlidePadding } from '#shared/contract/index.ts';

export interface Example {
  id: string;
  label: string;
  detail: string;
  input: string;
  /** Absent for pooling. */
  kernel?: string;
  padding: SlidePadding;
}

export const convolutionExamples: readonly Example[] = [
  {
    id: 'row',
    label: 'A row',
    detail: 'One dimension: 2 3 2 with −1 2 −1',
    input: '2 3 2',
    kernel: '-1 2 -1',
    padding: 'full',
  },
  {
    id: 'dot',
    label: 'A dot in an even field',
    detail: 'Two dimensions: the Laplacian of eight neighbours finds it',
    input: '2 2 2\n2 3 2\n2 2 2',
    kernel: '-1 -1 -1\n-1 8 -1\n-1 -1 -1',
    padding: 'same',
  },
  {
    id: 'edge',
    label: 'An edge',
    detail: 'Two dimensions: dark on the left, bright on the right',
    input: '0 0 0 9 9 9\n0 0 0 9 9 9\n0 0 0 9 9 9\n0 0 0 9 9 9\n0 0 0 9 9 9',
    kernel: '1 0 -1\n2 0 -2\n1 0 -1',
    padding: 'valid',
  },
  {
    id: 'lopsided',
    label: 'A lopsided kernel',
    detail: 'Where turning the kernel around makes a difference',
    input: '0 0 0 0 0\n0 0 0 0 0\n0 0 1 0 0\n0 0 0 0 0\n0 0 0 0 0',
    kernel: '1 2 3\n4 5 6\n7 8 9',
    padding: 'same',
  },
  {
    id: 'volume',
    label: 'A volume',
    detail: 'Three dimensions: planes as of a scan or a film',
    input: '0 0 0\n0 1 0\n0 0 0\n\n0 1 0\n1 4 1\n0 1 0\n\n0 0 0\n0 1 0\n0 0 0',
    kernel: '1 1\n1 1\n\n1 1\n1 1',
    padding: 'valid',
  },
];

export const poolingExamples: readonly Example[] = [
  {
    id: 'matrix',
    label: 'A small matrix',
    detail: 'Two dimensions, in fours',
    input: '1 3 2 1\n4 6 5 0\n3 1 9 2\n0 2 4 8',
    padding: 'valid',
  },
  {
    id: 'detector',
    label: 'What a detector says along a row',
    detail: 'One dimension: one place further, and half of the answers stay',
    input: '0.1 1 0.2 0.1',
    padding: 'same',
  },
  {
    id: 'stroke',
    label: 'A stroke',
    detail: 'Two dimensions: a slanted line, moved by one',
    input:
      '0 0 0 0 0 0 9 0\n0 0 0 0 0 9 0 0\n0 0 0 0 9 0 0 0\n0 0 0 9 0 0 0 0\n0 0 9 0 0 0 0 0\n0 9 0 0 0 0 0 0',
    padding: 'valid',
  },
];
