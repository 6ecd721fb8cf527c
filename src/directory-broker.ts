/** A broker on a real directory: made if it is missing, owned by one broker at a time, given back when that stops. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { nodeDisk } from '../storage';
import { type RunningBroker, startBroker } from './broker';
import type { BrokerConfig } from './config/broker-config';
import { lockDirectory } from './directory-lock';
import { nodeHost } from './host-node';
import type { Logger } from './telemetry';

/** What is wrong with a data directory; the message begins with its path. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
  readonly code = 'DATA_DIRECTORY';
}

export interface DirectoryBroker extends RunningBroker {
  /** Absolute. */
  readonly directory: string;
}

/**
 * Rejects with DataDirectoryError, DirectoryLockedError, or what `startBroker` says. A stop that fails keeps the
 * directory: whoever opened it then would write beside a disk that may still be busy.
 */
export async function startInDirectory(options: {
  readonly directory: string;
  readonly config: BrokerConfig;
  readonly logger: Logger;
}): Promise<DirectoryBroker> {
  const { config, logger } = options;
  const directory = resolve(options.directory);
  makeDirectory(directory);
  const lock = await lockDirectory(directory);
  let broker: RunningBroker;
  try {
    broker = await startBroker({ host: nodeHost(nodeDisk(directory)), config, logger });
  } catch (error) {
    lock.release();
    throw namingDirectory(directory, error);
  }
  const stop = async (): Promise<void> => {
    await broker.stop();
    lock.release();
  };
  return { ...broker, directory, stop };
}

/** What storage says names its files within the directory; a person needs to know which directory. */
function namingDirectory(directory: string, error: unknown): unknown {
  const isExplained = error instanceof Error && (error as { code?: unknown }).code !== undefined;
  if (!isExplained || error.name === 'ListenError') return error;
  return new DataDirectoryError(`Data directory ${directory}: ${error.message}`, { cause: error });
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    const reason = (error as Error).message;
    throw new DataDirectoryError(`Cannot create data directory ${directory}: ${reason}`, { cause: error });
  }
}
