/**
 * Zstandard: node:zlib's where this Node has it (22.15 and later), else the reference library as WebAssembly, which
 * needs neither a download nor a build at install time. Either is loaded by its first use.
 */
import { damaged, tooLarge } from './compression-error';

interface Codec {
  compress(bytes: Buffer, level: number): Buffer;
  decompress(bytes: Buffer, sizeBytesMax: number): Buffer;
}

/** The part of node:zlib that the oldest supported Node does not have. */
interface ZstdInZlib {
  zstdCompressSync(bytes: Buffer, options: { params: Record<number, number> }): Buffer;
  zstdDecompressSync(bytes: Buffer, options: { maxOutputLength: number }): Buffer;
  constants: { ZSTD_c_compressionLevel: number };
}

/** The types of Node 20 leave it out. */
interface WasmEngine {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => object;
}

/** What emscripten makes of the library. Sizes and pointers are numbers in its memory. */
interface WasmModule {
  HEAPU8: Uint8Array;
  instantiateWasm(imports: object, receive: (instance: object) => unknown): unknown;
  init(bytes: Uint8Array): void;
  _malloc(sizeBytes: number): number;
  _free(pointer: number): void;
  _ZSTD_compressBound(sizeBytes: number): number;
  _ZSTD_isError(result: number): number;
  _ZSTD_compress(into: number, room: number, from: number, sizeBytes: number, level: number): number;
  _ZSTD_decompress(into: number, room: number, from: number, sizeBytes: number): number;
}

const LEVEL_DEFAULT = 3;
/** ZSTD_error_dstSize_tooSmall, which the library promises to keep. */
const ERROR_NO_ROOM = -70;

const loaded: { codec: Codec | null } = { codec: null };

function inZlib(module: ZstdInZlib): Codec {
  return {
    compress: (bytes, level) =>
      module.zstdCompressSync(bytes, { params: { [module.constants.ZSTD_c_compressionLevel]: level } }),
    decompress: (bytes, sizeBytesMax) => {
      try {
        return module.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, sizeBytesMax) });
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge('zstd', sizeBytesMax) : damaged('zstd', message);
      }
    },
  };
}

/** The package starts its library with a promise; emscripten's own hook starts it at once. */
function loadWasm(): WasmModule {
  const directory = require.resolve('@bokuweb/zstd-wasm').replace(/[^/\\]*$/, '');
  const { Module: module } = require(`${directory}module.js`) as { Module: WasmModule };
  const { readFileSync } = require('node:fs') as typeof import('node:fs');
  const code = readFileSync(`${directory}zstd.wasm`);
  const engine = (globalThis as unknown as { WebAssembly: WasmEngine }).WebAssembly;
  module.instantiateWasm = (imports, receive) =>
    receive(new engine.Instance(new engine.Module(code), imports));
  module.init(code);
  return module;
}

function allocate(module: WasmModule, sizeBytes: number): number {
  const pointer = module._malloc(Math.max(1, sizeBytes));
  if (pointer === 0) throw damaged('zstd', 'no memory');
  return pointer;
}

/** Runs `work` with `bytes` and `roomBytes` of free space in the library's memory and copies out what it wrote. */
function inMemory(
  module: WasmModule,
  bytes: Buffer,
  roomBytes: number,
  work: (into: number, from: number) => number,
): Buffer | number {
  const from = allocate(module, bytes.length);
  let into = 0;
  try {
    into = allocate(module, roomBytes);
    module.HEAPU8.set(bytes, from);
    const size = work(into, from);
    if (module._ZSTD_isError(size)) return size | 0;
    return Buffer.from(module.HEAPU8.subarray(into, into + size));
  } finally {
    module._free(from);
    if (into !== 0) module._free(into);
  }
}

function inWasm(module: WasmModule): Codec {
  return {
    compress: (bytes, level) => {
      const room = module._ZSTD_compressBound(bytes.length);
      const result = inMemory(module, bytes, room, (into, from) =>
        module._ZSTD_compress(into, room, from, bytes.length, level),
      );
      if (typeof result === 'number') throw damaged('zstd', `error ${result}`);
      return result;
    },
    // Announced sizes are not believed: room grows with what really comes out, and never past the bound.
    decompress: (bytes, sizeBytesMax) => {
      for (let room = Math.min(sizeBytesMax, bytes.length * 32 + 65_536); ; ) {
        const capacity = room;
        const result = inMemory(module, bytes, capacity, (into, from) =>
          module._ZSTD_decompress(into, capacity, from, bytes.length),
        );
        if (typeof result !== 'number') return result;
        if (result !== ERROR_NO_ROOM) throw damaged('zstd', `error ${result}`);
        if (room >= sizeBytesMax) throw tooLarge('zstd', sizeBytesMax);
        room = Math.min(sizeBytesMax, room * 4);
      }
    },
  };
}

function codec(): Codec {
  if (loaded.codec !== null) return loaded.codec;
  const module = require('node:zlib') as ZstdInZlib;
  loaded.codec = typeof module.zstdCompressSync === 'function' ? inZlib(module) : inWasm(loadWasm());
  return loaded.codec;
}

export function compressZstd(bytes: Buffer, level: number | null): Buffer {
  return codec().compress(bytes, level ?? LEVEL_DEFAULT);
}

export function decompressZstd(bytes: Buffer, sizeBytesMax: number): Buffer {
  // No frames are no output; node:zlib would miss an end.
  if (bytes.length === 0) return bytes;
  return codec().decompress(bytes, sizeBytesMax);
}
