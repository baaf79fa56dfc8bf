import { basename } from 'node:path';
import type { ProjectSummary } from '#shared/contract/index.ts';
import type { BackboneLibrary } from '../backbones/library.ts';
import { ProjectBackbones } from '../backbones/project.ts';
import type { DecoderPool } from '../library/decode/pool.ts';
import { ContainerReader } from '../library/containers.ts';
import { ProjectTensors, type TensorPacks } from '../library/tensors.ts';
import type { Store } from '../store/store.ts';
import { ProjectChanges } from './changes.ts';
import { projectPaths, type ProjectPaths } from './paths.ts';

/** An open project: a folder, its database, and who listens to its changes. */
export class Project {
  /** Random, kept in the project's database: the same wherever the folder is moved. */
  readonly id: string;
  /** Absolute real path of the `name.fovea` folder. */
  readonly path: string;
  readonly paths: ProjectPaths;
  readonly store: Store;
  readonly changes = new ProjectChanges();
  readonly containers: ContainerReader;
  readonly tensors: TensorPacks;
  readonly backbones: ProjectBackbones;

  constructor(options: {
    id: string;
    path: string;
    store: Store;
    decoders: DecoderPool;
    backbones: BackboneLibrary;
  }) {
    this.id = options.id;
    this.path = options.path;
    this.paths = projectPaths(options.path);
    this.store = options.store;
    this.containers = new ContainerReader(this.paths);
    this.backbones = new ProjectBackbones(this.paths.backbones, options.backbones);
    this.tensors = new ProjectTensors({
      paths: this.paths,
      store: this.store,
      containers: this.containers,
      decoders: options.decoders,
    });
  }

  get name(): string {
    return this.store.meta.get('name') ?? basename(this.path, '.fovea');
  }

  summary(): ProjectSummary {
    const { store } = this;
    const { total, labeled } = store.steps.counts();
    return {
      id: this.id,
      name: this.name,
      path: this.path,
      task: 'single',
      createdAt: Number(store.meta.get('created-at') ?? 0),
      images: total,
      labeled,
      classes: store.classes.count(),
      runs: store.runs.count(),
    };
  }

  rename(name: string): void {
    this.store.transaction(() => this.store.meta.set('name', name.trim()));
    this.changes.publish(['project']);
  }

  /** Ends the watchers and the connection; keeps a backup of the database if anything is new. */
  async close(): Promise<void> {
    this.changes.close();
    await this.containers.close();
    await this.store.close({ backup: true });
  }
}
