/** Studies as the contract shows them. */
import type { Study, StudyResult } from '#shared/contract/index.ts';
import { deviation, mean } from '#shared/statistics.ts';
import { measure } from '../evaluation/report.ts';
import { staleLabels } from '../runs/view.ts';
import type { StoredStudy } from '../store/studies.ts';
import type { Store } from '../store/store.ts';
import { studyCurves } from './curve.ts';

export function viewStudy(store: Store, stored: StoredStudy): Study {
  const { owner: _owner, labelRevision: _revision, spec: _spec, ...shown } = stored;
  const pool = () => store.studies.data(stored.id, 'pool');
  const measured = stored.measuredOn === 'folds' ? 'pool' : 'measured';
  return {
    ...shown,
    classes: stored.classes.map(({ name }) => name),
    measuredImages: store.studies.data(stored.id, measured).images.length,
    parts: store.studies.parts(stored.id),
    staleLabels: staleLabels(store, stored, pool),
  };
}

export function viewResult(store: Store, stored: StoredStudy): StudyResult {
  const study = viewStudy(store, stored);
  return {
    ...study,
    curves: stored.request.kind === 'curve' ? studyCurves(study.parts) : [],
    folds: foldsOf(store, study),
  };
}

function foldsOf(store: Store, { id, request, parts, classes }: Study): StudyResult['folds'] {
  if (request.kind !== 'folds' || parts.some(({ result }) => result === null)) return null;
  const accuracies = parts.map(({ result }) => result!.accuracy);
  return {
    mean: mean(accuracies),
    deviation: deviation(accuracies),
    pooled: measure({ classes, ...store.studies.answers(id) }),
  };
}
