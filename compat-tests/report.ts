/** What a suite counts. A failed case is printed when it fails; the sums are printed once, by the runner. */
export class Report {
  #passed = 0;
  #failed = 0;

  constructor(readonly suite: string) {}

  get passed(): number {
    return this.#passed;
  }

  get failed(): number {
    return this.#failed;
  }

  pass(name: string, wallMs?: number): void {
    this.#passed += 1;
    const tail = wallMs === undefined ? '' : ` (${Math.round(wallMs)} ms)`;
    console.log(`  ok ${this.suite}: ${name}${tail}`);
  }

  fail(name: string, reason: string): void {
    this.#failed += 1;
    console.log(`  not ok ${this.suite}: ${name}`);
    for (const line of reason.trimEnd().split('\n').slice(0, 40)) console.log(`      ${line}`);
  }

  /** Runs one case. It fails when `body` rejects or is not done after `timeoutMs`. */
  async case(name: string, body: () => Promise<void>, timeoutMs = 60_000): Promise<void> {
    const startMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      await Promise.race([body(), late]);
      this.pass(name, performance.now() - startMs);
    } catch (error) {
      this.fail(name, error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Takes the verdicts of a client program in another language: lines `ok NAME`, `not ok NAME: REASON`, and the last
   * line `end`. A program that stops early has failed, whatever it had counted until then.
   */
  takeLines(output: string, errors: string): void {
    let ended = false;
    for (const line of output.split('\n')) {
      if (line.startsWith('ok ')) this.pass(line.slice(3));
      else if (line.startsWith('not ok ')) {
        const [name = '', ...reason] = line.slice(7).split(': ');
        this.fail(name, reason.join(': '));
      } else if (line === 'end') ended = true;
    }
    if (!ended) this.fail('the client program runs to its end', `${output}\n${errors}`.slice(-4_000));
  }
}
