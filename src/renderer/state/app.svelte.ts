/** The window: which project is open, which stage is shown, and what every view shares. */
import { createContext } from 'svelte';
import type {
  ChangeTopic,
  ImageFilter,
  Job,
  ProjectSummary,
  RecentProject,
  StepResult,
  SystemInfo,
} from '#shared/contract/index.ts';
import type { ConnectionState, FoveaClient } from '../api.ts';
import type { Host } from '../host.ts';
import { text as stepText } from '../shell/text.ts';
import { reportError } from '../ui/report-error.ts';
import { ToastList } from '../ui/toasts.svelte.ts';
import { actions } from './actions.ts';
import { Commands } from './commands.svelte.ts';
import type { FolderPicker } from './folder-picker.svelte.ts';
import { EngineMeasure } from './engines.svelte.ts';
import { ImportFlow } from './import-flow.svelte.ts';
import { JobsState } from './jobs.svelte.ts';
import { firstPlace, rememberPlace } from './last-place.ts';
import { OpenProject } from './project.svelte.ts';
import { SettingsState } from './settings.svelte.ts';

/** In the order of the rail. */
export const stageIds = [
  'library',
  'label',
  'augment',
  'train',
  'evaluate',
  'inspect',
  'predict',
  'export',
  'convolve',
] as const;
export type StageId = (typeof stageIds)[number];

/** What a stage is asked to show when another view leads to it. */
export interface StageIntent {
  /** Label: show the images that match. */
  filter?: ImageFilter;
  /** Label, Inspect: exactly these images, under this title ('coat predicted as pullover'). */
  images?: { ids: readonly number[]; title: string };
  /** Label: put the cursor here. Inspect, Predict: about this image. */
  image?: number;
  /** Inspect: why the model says what it says of the image. */
  why?: boolean;
  /** Train, Evaluate, Inspect, Predict, Export: about this run. */
  run?: string;
  /** Train: this study. */
  study?: string;
  /** Train, Predict: this pretrained network, by its SHA-256. */
  network?: string;
  /** Evaluate: the labels that the answers of this study doubt. */
  suspects?: string;
  /** Library: show this import report. */
  report?: number;
}

export type DialogName = 'settings' | 'help' | 'palette' | 'new-project' | 'jobs';

export interface AppParts {
  api: FoveaClient;
  host: Host;
  folders: FolderPicker;
}

const changeTopics: readonly ChangeTopic[] = [
  'project',
  'images',
  'labels',
  'classes',
  'splits',
  'sources',
  'augmentations',
  'models',
  'runs',
  'evaluations',
  'exports',
  'studies',
];
const RELOAD_MS = 120;

export class AppState {
  readonly api: FoveaClient;
  readonly host: Host;
  readonly folders: FolderPicker;
  readonly toasts = new ToastList();
  readonly commands = new Commands(actions);
  readonly jobs: JobsState;
  readonly settings: SettingsState;
  readonly importing: ImportFlow;
  readonly measuring: EngineMeasure;
  info = $state.raw<SystemInfo | null>(null);
  connection = $state<ConnectionState>('connecting');
  project = $state.raw<OpenProject | null>(null);
  /** A project is being opened. */
  opening = $state(false);
  stage = $state<StageId>('library');
  dialog = $state<DialogName | null>(null);
  /** Left part of the status line, set by the screen that is shown. */
  status = $state('');
  /** Actions whose keys the status line shows. */
  statusActions = $state.raw<readonly string[]>([]);
  #intent: StageIntent | null = null;
  #closing: Promise<unknown> = Promise.resolve();
  /** Goes up with each `go`, so that a stage that is already shown hears of a new intent. */
  intentCount = $state(0);

  constructor({ api, host, folders }: AppParts) {
    this.api = api;
    this.host = host;
    this.folders = folders;
    this.jobs = new JobsState(api);
    this.settings = new SettingsState(api, (error) => this.report(error));
    this.measuring = new EngineMeasure({
      api,
      report: (error) => this.report(error),
      show: (engine) => {
        if (this.info) this.info = { ...this.info, engine };
      },
    });
    this.importing = new ImportFlow({
      api,
      host,
      report: (error) => this.report(error),
      project: () => this.project?.id ?? null,
      needProject: () => (this.dialog = 'new-project'),
    });
  }

  /** Any error, to the user. */
  report(error: unknown): void {
    reportError(this.toasts, error);
  }

  /** Runs something a user asked for, with its errors reported; undefined when it failed. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  /** Reads what every view needs. Called at the start, and again after a lost connection. */
  async load(): Promise<void> {
    const [info] = await Promise.all([this.api.system.info(), this.settings.load()]);
    this.info = info;
    this.commands.overrides = this.settings.current.keymap;
  }

  /** Follows jobs and the project's changes; subscribes again when the connection comes back. */
  connected(signal: AbortSignal): void {
    this.jobs.follow(signal).catch((error: unknown) => this.#feedEnded(error));
    const project = this.project;
    if (project) void this.#reconnect(project);
    else void this.#resume();
  }

  /** At the start: the project that the address names, or the one that this window had open. */
  async #resume(): Promise<void> {
    const place = firstPlace(location.search, sessionStorage);
    if (!place || this.opening) return;
    if (location.search !== '') history.replaceState(null, '', location.pathname);
    if (!(await this.openProject(place.path))) {
      rememberPlace(null, sessionStorage);
      return;
    }
    const stage = stageIds.find((id) => id === place.stage);
    if (stage) this.go(stage);
  }

  /** The core may have been started anew: its handle of the project may be another one. */
  async #reconnect(project: OpenProject): Promise<void> {
    try {
      const summary = await this.api.projects.open({ path: project.summary.path });
      if (summary.id !== project.id) {
        await this.#enter(() => Promise.resolve(summary));
        return;
      }
      project.follow().catch((error: unknown) => this.#feedEnded(error));
      await project.load();
      // What changed while nobody listened is not known: every view reads again.
      project.announce({ topics: [...changeTopics] });
    } catch (error) {
      this.#feedEnded(error);
    }
  }

  /** Says what an undo or redo did. */
  tellStep(direction: 'undo' | 'redo', { description }: StepResult): void {
    const words = direction === 'undo' ? stepText.undone : stepText.redone;
    this.toasts.show(description ?? words.nothing, {
      key: 'step',
      duration: 3_000,
    });
  }

  go(stage: StageId, intent: StageIntent | null = null): void {
    this.#intent = intent;
    this.intentCount++;
    if (stage !== this.stage) {
      this.status = '';
      this.statusActions = [];
    }
    this.stage = stage;
    this.dialog = null;
    this.#remember();
  }

  #remember(): void {
    const path = this.project?.summary.path;
    rememberPlace(path === undefined ? null : { path, stage: this.stage }, sessionStorage);
  }

  /**
   * What `stage` was asked for; each intent is taken once. Null for a stage on its way out: its
   * effects still run once, and the intent is for the next one.
   */
  takeIntent(stage: StageId): StageIntent | null {
    if (stage !== this.stage) return null;
    const intent = this.#intent;
    this.#intent = null;
    return intent;
  }

  openProject(path: string): Promise<boolean> {
    return this.#enter(() => this.api.projects.open({ path }));
  }

  createProject(path: string, name?: string): Promise<boolean> {
    return this.#enter(() =>
      this.api.projects.create(name === undefined ? { path } : { path, name }),
    );
  }

  openSample(): Promise<boolean> {
    return this.#enter(() => this.api.projects.openSample());
  }

  async closeProject(): Promise<void> {
    const project = this.project;
    if (!project) return;
    project.dispose();
    this.project = null;
    this.stage = 'library';
    this.#remember();
    this.#closing = this.attempt(() => this.api.projects.close({ project: project.id }));
    await this.#closing;
  }

  /** The list for the first screen; a project that is being closed first writes what it holds. */
  async recentProjects(): Promise<RecentProject[]> {
    await this.#closing;
    return (await this.attempt(() => this.api.projects.recent())) ?? [];
  }

  async #enter(open: () => Promise<ProjectSummary>): Promise<boolean> {
    this.opening = true;
    try {
      const summary = await open();
      if (this.project?.id === summary.id) {
        this.go('library');
        return true;
      }
      await this.closeProject();
      const project = new OpenProject(this.api, summary);
      await this.#show(project);
      this.go('library');
      this.project = project;
      this.#remember();
      return true;
    } catch (error) {
      this.report(error);
      return false;
    } finally {
      this.opening = false;
    }
  }

  async #show(project: OpenProject): Promise<void> {
    // Changes come in bursts (an import, fast labeling): one reading for several of them.
    let timer: ReturnType<typeof setTimeout> | null = null;
    const reload = (): void => {
      timer ??= setTimeout(() => {
        timer = null;
        if (project.signal.aborted) return;
        project.load().catch((error: unknown) => this.report(error));
      }, RELOAD_MS);
    };
    project.on(['project', 'images', 'labels', 'classes', 'runs'], reload);
    project.follow().catch((error: unknown) => this.#feedEnded(error));
    await project.load();
  }

  /** A feed that ends because the connection is gone is told by the connection's own notice. */
  #feedEnded(error: unknown): void {
    if (this.connection === 'open') this.report(error);
  }

  /** The running or newest import of the open project. */
  get importJob(): Job | undefined {
    const id = this.project?.id;
    return id === undefined ? undefined : this.jobs.runningOf(id, 'import');
  }
}

/** The window's state, for any component below App.svelte. */
export const [useApp, provideApp] = createContext<AppState>();
