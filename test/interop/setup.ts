/** Before all tests: a Python with the clients. After them: their figures, into docs/interop.md. */
import { preparePython } from './python.ts';
import { writeTable } from './table.ts';

export default function setup(): () => void {
  preparePython();
  return writeTable;
}
