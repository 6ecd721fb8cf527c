import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runTranscript } from '../support/datadriven';
import { Transcript } from './transcript';

// Each file is one story about the core, told by its own Readies. The prose in the file says what to look at.
const folder = join(__dirname, 'testdata');

describe('raft transcripts', () => {
  for (const file of readdirSync(folder).sort()) {
    test(file, () => {
      const transcript = new Transcript();
      runTranscript(join(folder, file), (command) => transcript.run(command));
    });
  }
});
