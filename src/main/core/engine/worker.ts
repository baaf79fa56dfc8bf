/**
 * The engine process: a program for a plain Node executable, started by supervisor.ts with an IPC
 * channel. It ends when the channel does, so it never outlives the app.
 */
import { AppError, toErrorInfo } from '#shared/errors.ts';
import type { Backend } from './backends/index.ts';
import { chooseBackend } from './backends/status.ts';
import type { InferenceService } from './inference.ts';
import type { InspectService } from './inspect/service.ts';
import type { Method, Methods, Request, Response } from './messages.ts';
import type { CallOptions } from './protocol.ts';

interface Call {
  abort: AbortController;
  stop: boolean;
  pause: boolean;
}

const calls = new Map<number, Call>();
let inference: Promise<InferenceService> | undefined;
let inspection: Promise<InspectService> | undefined;

function send(response: Response): void {
  // The supervisor may be gone: 'disconnect' ends this process a moment later.
  if (process.connected) process.send?.(response, undefined, {}, () => undefined);
}

/** The runtime is loaded at the first call that computes: asking what there is needs none. */
async function openCpu(threads: number): Promise<Backend> {
  const { createBackend } = await import('./backends/index.ts');
  return createBackend(chooseBackend('cpu', threads), threads);
}

async function openInference(threads: number): Promise<InferenceService> {
  const { InferenceService } = await import('./inference.ts');
  return new InferenceService(await openCpu(threads));
}

async function openInspection(threads: number): Promise<InspectService> {
  const { InspectService } = await import('./inspect/service.ts');
  return new InspectService(await openCpu(threads));
}

type CallRequest = Extract<Request, { type: 'call' }>;

async function perform(request: CallRequest, call: Call): Promise<Methods[Method][1]> {
  const { id, threads } = request;
  const options: CallOptions = {
    signal: call.abort.signal,
    onProgress: (progress) => send({ type: 'progress', id, progress }),
  };
  switch (request.method) {
    case 'probe': {
      const { probe } = await import('./backends/probe.ts');
      await probe(request.input.backend, threads);
      return null;
    }
    case 'measure': {
      const { measure } = await import('./backends/measure.ts');
      return await measure(request.input.backend, request.input.work, threads);
    }
    case 'memoryNeed': {
      const { memoryNeed } = await import('./memory.ts');
      const { createBackend } = await import('./backends/index.ts');
      const { openBackbones } = await import('./backbones/open.ts');
      const lowerings = await createBackend(chooseBackend('cpu', threads), threads).lowerings();
      const backbones = await openBackbones(request.input.backbones);
      return memoryNeed({ ...request.input, backbones, threads, lowerings });
    }
    case 'train': {
      const { train } = await import('./training/trainer.ts');
      const { createTrainingBackend } = await import('./backends/index.ts');
      const { backend } = request.input;
      const choice = chooseBackend(backend === 'auto' ? 'cpu' : backend, threads);
      return await train(request.input, await createTrainingBackend(choice, threads), {
        emit: (event) => send({ type: 'event', id, event }),
        signal: call.abort.signal,
        stopRequested: () => call.stop,
        pauseRequested: () => call.pause,
      });
    }
    case 'findRate': {
      const { findRate } = await import('./training/find-rate.ts');
      const { createTrainingBackend } = await import('./backends/index.ts');
      const { backend } = request.input;
      const choice = chooseBackend(backend === 'auto' ? 'cpu' : backend, threads);
      return await findRate(request.input, await createTrainingBackend(choice, threads), {
        emit: (event) => send({ type: 'event', id, event }),
        signal: call.abort.signal,
      });
    }
    case 'predict':
      return await (await (inference ??= openInference(threads))).predict(request.input, options);
    case 'runExported':
      return await (
        await (inference ??= openInference(threads))
      ).runExported(request.input, options);
    case 'features': {
      const { computeFeatures } = await import('./backbones/features.ts');
      return await computeFeatures(request.input, await openCpu(threads), {
        ...options,
        onEvent: (event) => send({ type: 'event', id, event }),
      });
    }
    case 'describeBackbone': {
      const { openBackbone } = await import('./backbones/open.ts');
      const { outlineOf } = await import('./backbones/outline.ts');
      const { putWeightsInside } = await import('./import/external.ts');
      const { file, source } = request.input;
      await putWeightsInside(file, source);
      return outlineOf(await openBackbone(file));
    }
    case 'augment': {
      const { drawImages } = await import('./data/augment/draw-images.ts');
      return await drawImages(request.input);
    }
    case 'inspect':
      return await (
        await (inspection ??= openInspection(threads))
      ).perform(request.input, {
        ...options,
        onStep: (event) => send({ type: 'event', id, event }),
      });
    case 'arrange': {
      const { arrange } = await import('./inspect/arrange.ts');
      return await arrange(request.input, await openCpu(threads), {
        ...options,
        onStep: (event) => send({ type: 'event', id, event }),
      });
    }
    case 'slide': {
      const { runSlide } = await import('./workbench/run.ts');
      return await runSlide(await openCpu(threads), request.input);
    }
    case 'exportModel': {
      const { exportModel } = await import('./export/index.ts');
      return await exportModel(request.input, options);
    }
    case 'importModel': {
      const { importModel } = await import('./import/model.ts');
      return await importModel(request.input);
    }
    case 'readExported': {
      const { readExported } = await import('./export/index.ts');
      return await readExported(request.input);
    }
  }
}

async function answer(request: CallRequest): Promise<void> {
  const { id } = request;
  const call: Call = { abort: new AbortController(), stop: false, pause: false };
  calls.set(id, call);
  try {
    send({ type: 'result', id, output: await perform(request, call) });
  } catch (error) {
    const stack = error instanceof Error && !(error instanceof AppError) ? error.stack : undefined;
    send({ type: 'error', id, error: toErrorInfo(error), stack });
  } finally {
    calls.delete(id);
  }
}

process.on('message', (request: Request) => {
  switch (request.type) {
    case 'call':
      void answer(request);
      break;
    case 'cancel':
      calls.get(request.id)?.abort.abort(new AppError('CANCELLED', 'Cancelled.'));
      break;
    case 'stop':
    case 'pause': {
      const call = calls.get(request.id);
      if (call) call[request.type] = true;
      break;
    }
  }
});
process.on('disconnect', () => process.exit(0));
// Ctrl+C in a terminal reaches the whole process group; the app decides what becomes of the run.
process.on('SIGINT', () => undefined);
