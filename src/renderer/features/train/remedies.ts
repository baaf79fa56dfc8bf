/** What a user can do about a plan that cannot start, as actions beside its problems. */
import type { SplitSummary, TrainOptions, TrainPlan } from '#shared/contract/index.ts';

export type Remedy = 'editModel' | 'import' | 'label' | 'split' | 'holdOut' | 'useTest';

/**
 * @param splits the library's splits, or null while they are not known
 * @returns the actions that would help, the best first; empty when the plan can start
 */
export function remedies(
  plan: TrainPlan,
  options: Pick<TrainOptions, 'validateOn'>,
  splits: SplitSummary | null,
): Remedy[] {
  if (plan.problems.length === 0) return [];
  if (splits?.total === 0) return ['import'];
  if (plan.classes.length < 2) return ['label'];
  const found: Remedy[] = plan.model.problem ? ['editModel'] : [];
  if (plan.trainImages === 0) found.push('split');
  if (options.validateOn.kind === 'split' && plan.validationImages === 0) {
    if (plan.trainImages > 1) found.push('holdOut');
    if (options.validateOn.split === 'validation' && (splits?.test ?? 0) > 0) found.push('useTest');
    if (!found.includes('split')) found.push('split');
  }
  return found;
}
