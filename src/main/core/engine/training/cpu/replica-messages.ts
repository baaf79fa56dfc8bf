/** What goes between the training thread and the other replicas' threads. */
import type { ErrorInfo } from '#shared/errors.ts';
import type { BackendChoice } from '../../backends/status.ts';
import type { Share, Team } from './replica.ts';

/** What a replica's thread starts with. */
export interface ReplicaStart {
  index: number;
  team: Team;
  backend: BackendChoice<'cpu'>;
  threads: number;
}

/** Read at the barrier that begins each turn; without a message, the turn is a step. */
export type ReplicaRequest = { type: 'compile'; share: Share } | { type: 'end' };

export type ReplicaResponse =
  /** Started, or compiled. */
  { type: 'ready' } | { type: 'failed'; error: ErrorInfo };
