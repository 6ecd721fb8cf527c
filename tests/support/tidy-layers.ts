/**
 * Who may import whom, as data. A line here is an architectural decision: docs/architecture.md gives the reasons, and
 * a new room or a new arrow deserves a sentence there.
 */
import type { Problem, Source } from './tidy-source';

/** What every room of `src/` from `cluster` upwards may use. */
const ground = [
  ...[
    'protocol',
    'storage',
    'raft',
    'host',
    'config',
    'errors',
    'telemetry',
    'telemetry-counters',
    'telemetry-levels',
    'version',
  ],
];

/** Room to the rooms it may import from. A room may always import itself. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  // Bytes and values; knows no broker.
  protocol: [],
  // Entries on disk; knows no Raft rule and no clock.
  storage: [],
  // Decides; knows no disk, no network, no Kafka.
  raft: [],
  host: ['storage'],
  'host-node': ['host', 'storage'],
  'directory-lock': [],
  version: [],
  config: ['protocol', 'storage', 'host'],
  errors: ['protocol', 'storage', 'raft', 'host'],
  telemetry: ['protocol', 'host'],
  // Numbers that hot paths add to; knows nothing.
  'telemetry-counters': [],
  'telemetry-levels': ['telemetry'],
  cluster: ground,
  partition: [...ground, 'cluster'],
  replicated: [...ground, 'partition'],
  metadata: [...ground, 'partition', 'replicated'],
  coordinator: [...ground, 'replicated', 'metadata'],
  security: [...ground, 'metadata'],
  handlers: [...ground, 'cluster', 'partition', 'replicated', 'metadata', 'coordinator', 'security'],
  server: [...ground, 'handlers', 'security'],
  // Constructs everything, over whatever host it is given: the simulator builds it too.
  broker: [
    ...ground,
    ...['cluster', 'partition', 'replicated', 'metadata', 'coordinator', 'security', 'handlers', 'server'],
  ],
  // Looks at a running broker and changes nothing.
  admin: [...ground, 'partition', 'metadata', 'coordinator', 'handlers', 'broker'],
  // A client of brokers, ours and others: knows the protocol and nothing of how it is served.
  client: ['protocol', 'storage', 'version'],
  // Looks at the files of a broker that does not run.
  inspect: ['protocol', 'storage', 'raft', 'directory-lock', 'metadata', 'partition'],
  commands: ['protocol', 'storage', 'client', 'inspect'],
  // What knows the real world and the broker: a broker on a directory, one inside a program, one in a process.
  'directory-broker': ['storage', 'config', 'telemetry', 'host-node', 'directory-lock', 'broker'],
  embedded: ['storage', 'config', 'telemetry', 'host-node', 'directory-broker', 'admin', 'broker'],
  start: ['config', 'telemetry', 'version', 'directory-broker', 'admin', 'broker'],
  main: ['version', 'start', 'commands'],
};

/** The libraries, each with one door: other folders import its index and nothing behind it. */
export const doors: readonly string[] = ['protocol', 'storage', 'raft'];

/** The files that touch the world outside the process. */
export const worldFiles = {
  disk: ['storage/disk-node.ts', 'storage/disk-node-direct.ts'],
  network: ['src/host-node.ts', 'src/server/listener.ts', 'src/client/connection.ts'],
  lock: ['src/directory-lock.ts'],
  main: [
    'src/main.ts',
    'src/start.ts',
    'src/embedded.ts',
    'src/directory-broker.ts',
    'src/client/',
    'src/commands/',
  ],
  admin: ['src/admin/'],
} as const;

const everywhere = ['protocol/', 'storage/', 'raft/', 'src/'];

/** Modules from outside the project to the places (files, or folders ending in `/`) that may import them. */
export const modules: Readonly<Record<string, readonly string[]>> = {
  'node:assert/strict': everywhere,
  'node:buffer': everywhere,
  // compression-zstd.ts reads the code of a library, no data.
  'node:fs': [...worldFiles.disk, ...worldFiles.lock, ...worldFiles.main, 'storage/compression-zstd.ts'],
  'node:fs/promises': [...worldFiles.main],
  'node:path': [...worldFiles.disk, ...worldFiles.lock, ...worldFiles.main],
  'node:os': [...worldFiles.disk, ...worldFiles.lock, ...worldFiles.main],
  'node:net': [...worldFiles.network, ...worldFiles.lock],
  'node:tls': [...worldFiles.network],
  'node:crypto': ['src/host-node.ts', ...worldFiles.lock],
  'node:zlib': ['storage/', 'src/host-node.ts'],
  'node:http': [...worldFiles.admin],
  'node:stream': [...worldFiles.admin],
  'node:perf_hooks': [...worldFiles.admin],
  'crc-32': ['storage/'],
  'crc-32/crc32c': ['storage/'],
  '@node-rs/crc32': ['storage/'],
  snappy: ['storage/'],
  'lz4-napi': ['storage/'],
  '@bokuweb/zstd-wasm': ['storage/'],
  pino: ['src/telemetry.ts'],
  'pino-pretty': ['src/telemetry.ts'],
  yargs: ['src/main.ts', 'src/commands/'],
};

/** The room of a file, or null when the file is none of the product's. */
export function roomOf(path: string): string | null {
  const [first, second] = path.split('/');
  if (first === 'src' && second !== undefined) return second.replace(/\.ts$/, '');
  return doors.includes(first ?? '') ? first! : null;
}

export const isWithin = (path: string, places: readonly string[]): boolean =>
  places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));

export function checkLayers(source: Source): readonly Problem[] {
  const problems: Problem[] = [];
  const room = roomOf(source.path);
  if (room === null) return problems;
  const report = (line: number, words: string) => problems.push({ path: source.path, line, words });

  const allowed = rooms[room];
  if (allowed === undefined) {
    report(1, `the room ${room} has no line in tests/support/tidy-layers.ts`);
    return problems;
  }
  for (const { specifier, target, line } of source.imports) {
    if (target === null) {
      const places = modules[specifier];
      if (places === undefined) report(line, `the module ${specifier} is not in the table of modules`);
      else if (!isWithin(source.path, places))
        report(line, `${specifier} may only be imported in ${places.join(', ')}`);
      continue;
    }
    if (target === 'package.json' && room === 'version') continue;
    const other = roomOf(`${target}.ts`.replace('/.ts', '.ts')) ?? roomOf(`${target}/`);
    if (other === null) report(line, `${specifier} leads out of the product`);
    else if (other === room) {
      if (doors.includes(room) && target === room)
        report(line, `inside ${room}, import the file and not the door`);
    } else if (!allowed.includes(other)) report(line, `${room} may not import from ${other}`);
    else if (doors.includes(other) && target !== other && target !== `${other}/index`) {
      report(
        line,
        `${other} is entered by its door: import '${specifier.slice(0, specifier.indexOf(other) + other.length)}'`,
      );
    }
  }
  return problems;
}
