/**
 * The name tree of a simulated disk, twice: as it looks now and as a power cut would leave it. Creating, renaming and
 * removing a name is durable only after a sync of its directory, the names of new directories included.
 */
import { FileImage, type Losses } from './disk-image';
import type { SeededRandom } from './random';

export type DiskNode = FileImage | Directory;

/** One name set (or, with null, removed); a rename is two of these that share a fate. */
interface NameChange {
  readonly sequence: number;
  readonly name: string;
  readonly node: DiskNode | null;
  /** The other half of a rename between directories, or within one. */
  readonly fate: Fate;
}

/** Drawn once for all halves of one operation, so that a rename is atomic. */
interface Fate {
  survives: boolean | null;
}

export interface DirectoryLosses extends Losses {
  lostNames: number;
}

export class Directory {
  readonly names = new Map<string, DiskNode>();
  #durableNames = new Map<string, DiskNode>();
  #changes: NameChange[] = [];
  #sequence = 0;

  get hasUnsynced(): boolean {
    return this.#changes.length > 0;
  }

  set(name: string, node: DiskNode | null, fate: Fate = { survives: null }): void {
    if (node === null) this.names.delete(name);
    else this.names.set(name, node);
    this.#changes.push({ sequence: ++this.#sequence, name, node, fate });
  }

  mark(): number {
    return this.#sequence;
  }

  /** Makes every change up to `mark` durable. */
  commit(mark: number): void {
    for (const change of this.#changes) {
      if (change.sequence > mark) break;
      change.fate.survives = true;
      applyName(this.#durableNames, change);
    }
    this.#changes = this.#changes.filter((change) => change.sequence > mark);
  }

  /** The tree as it stands, after the process died and the machine did not. */
  afterProcessDeath(): Directory {
    const copies = new Map<DiskNode, DiskNode>();
    return this.#copyLive(copies);
  }

  /** The tree as a power cut leaves it; files without a durable name are gone. */
  afterPowerCut(random: SeededRandom, losses: DirectoryLosses): Directory {
    const bias = random.pick([0, 0.3, 0.7, 1]);
    const copies = new Map<DiskNode, DiskNode>();
    return this.#copyDurable(random, bias, losses, copies);
  }

  #copyDurable(
    random: SeededRandom,
    bias: number,
    losses: DirectoryLosses,
    copies: Map<DiskNode, DiskNode>,
  ): Directory {
    for (const change of this.#changes) {
      change.fate.survives ??= random.chance(bias);
      if (change.fate.survives) applyName(this.#durableNames, change);
      else losses.lostNames++;
    }
    this.#changes = [];
    const copy = new Directory();
    copies.set(this, copy);
    for (const [name, node] of this.#durableNames) {
      let survivor = copies.get(node);
      if (survivor === undefined) {
        survivor =
          node instanceof FileImage
            ? node.afterPowerCut(random, losses)
            : node.#copyDurable(random, bias, losses, copies);
        copies.set(node, survivor);
      }
      copy.#adopt(name, survivor, true);
    }
    return copy;
  }

  #copyLive(copies: Map<DiskNode, DiskNode>): Directory {
    const copy = new Directory();
    copies.set(this, copy);
    const copyOf = (node: DiskNode): DiskNode => {
      let survivor = copies.get(node);
      if (survivor === undefined) {
        survivor = node instanceof FileImage ? node.afterProcessDeath() : node.#copyLive(copies);
        copies.set(node, survivor);
      }
      return survivor;
    };
    for (const [name, node] of this.names) copy.#adopt(name, copyOf(node), false);
    for (const [name, node] of this.#durableNames) copy.#durableNames.set(name, copyOf(node));
    copy.#changes = this.#changes.map((change) => ({
      ...change,
      node: change.node === null ? null : copyOf(change.node),
    }));
    copy.#sequence = this.#sequence;
    return copy;
  }

  #adopt(name: string, node: DiskNode, isDurable: boolean): void {
    this.names.set(name, node);
    if (isDurable) this.#durableNames.set(name, node);
  }
}

function applyName(names: Map<string, DiskNode>, change: NameChange): void {
  if (change.node === null) names.delete(change.name);
  else names.set(change.name, change.node);
}

/** Moves a name, within a directory or between two; what stood at the target is gone. */
export function renameNode(from: Directory, fromName: string, to: Directory, toName: string): boolean {
  const node = from.names.get(fromName);
  if (node === undefined) return false;
  const fate: Fate = { survives: null };
  to.set(toName, node, fate);
  from.set(fromName, null, fate);
  return true;
}

/** Every file reachable from `directory`, with its path. */
export function* filesUnder(directory: Directory, prefix = ''): Generator<[string, FileImage]> {
  for (const [name, node] of directory.names) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    if (node instanceof FileImage) yield [path, node];
    else yield* filesUnder(node, path);
  }
}
