/** The broker under soak: a process of its own, with a probe inside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { freePort, untilConnectable } from '../../compat-tests/broker';
import { folder, startCommand, watch } from './rivals';
import type { ProbeReading, ProbeRequest } from './soak-probe';

const ANSWER_WITHIN_MS = 60_000;

export class SoakBroker {
  private constructor(
    readonly address: string,
    readonly child: ChildProcess,
  ) {}

  /** @param data  Folder of the data; the same one again continues. */
  static async start(data: string): Promise<SoakBroker> {
    const port = await freePort();
    const probe = join(folder, 'soak-probe.cjs');
    buildSync({
      ...{ entryPoints: ['tests/bench/soak-probe.ts'], outfile: probe, bundle: true },
      ...{ platform: 'node', target: 'node20', format: 'cjs', logLevel: 'warning' },
    });
    const [command = '', ...words] = startCommand(port, data, ['--admin-port', '0']);
    const log = openSync(logFile(data), 'a');
    const child = spawn(command, ['--expose-gc', '--require', probe, ...words], {
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    watch(child);
    await untilConnectable(port, child, 60_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${logTail(data)}`);
    });
    return new SoakBroker(`127.0.0.1:${port}`, child);
  }

  reset(): void {
    this.#send('reset');
  }

  settle(): Promise<ProbeReading> {
    return new Promise((fulfil, reject) => {
      const timer = setTimeout(() => reject(new Error('the probe is silent')), ANSWER_WITHIN_MS);
      const died = (): void => reject(new Error('the broker has ended'));
      this.child.once('exit', died);
      this.child.once('message', (reading) => {
        clearTimeout(timer);
        this.child.off('exit', died);
        fulfil(reading as ProbeReading);
      });
      this.#send('settle');
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise<void>((done) => this.child.once('exit', () => done()));
    this.child.kill(signal);
    await ended;
  }

  #send(request: ProbeRequest): void {
    this.child.send(request);
  }
}

const logFile = (data: string): string => join(folder, `${data}.log`);

export const logTail = (data: string): string =>
  readFileSync(logFile(data), 'utf8').split('\n').slice(-30).join('\n');
