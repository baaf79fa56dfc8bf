import type { CoreContext } from '../context.ts';
import { os } from './implementer.ts';

export function jobsApi({ jobs }: CoreContext) {
  return {
    list: os.jobs.list.handler(() => jobs.list()),
    get: os.jobs.get.handler(({ input }) => jobs.get(input.job)),
    cancel: os.jobs.cancel.handler(({ input }) => jobs.cancel(input.job)),
    clear: os.jobs.clear.handler(() => jobs.clear()),
    watch: os.jobs.watch.handler(({ signal }) => jobs.watch(signal)),
  };
}
