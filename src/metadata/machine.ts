/**
 * The replicated machine of the metadata log. One state serves two readers: the controller sees every record as soon as
 * it is appended, so that no name is given twice; everybody else sees the newest image whose records are committed.
 */
import type { Machine, MachineRecord } from '../replicated/machine';
import type { ControllerState } from './controller-state';
import { type ClusterImage, emptyImage, ImageEdit } from './image';
import { decodeMetadataRecord } from './records';
import { collisionKey } from './topic-names';
import type { TopicImage } from './types';

/** What changed between two published images. */
export interface ImageDelta {
  /** New topics and those with new partitions or settings, as they are now. */
  readonly changed: readonly TopicImage[];
  /** Topics of the earlier image that are gone. */
  readonly removed: readonly TopicImage[];
  /** Types (config-entry.ts) of other resources whose settings changed. */
  readonly configuredTypes: ReadonlySet<number>;
}

/** An image, and what of the one before it the batch in between touched. */
interface ImageVersion {
  readonly image: ClusterImage;
  /** Ids of topics. */
  readonly touched: ReadonlySet<string>;
  readonly configured: ReadonlySet<number>;
}

export class MetadataMachine implements Machine, ControllerState {
  image: ClusterImage;
  nextProducerId = 0;
  readonly namesByCollisionKey = new Map<string, Set<string>>();
  /** The newest image that is committed whole. Never goes back, not even while the log is replayed again. */
  committedImage: ClusterImage;
  readonly #clusterId: string;
  readonly #onImage: (image: ClusterImage, delta: ImageDelta) => void;
  #edit: ImageEdit | null = null;
  /** Ids of topics that the batch under way touches. */
  #touched = new Set<string>();
  /** Types of resources whose settings the batch under way changes. */
  #configured = new Set<number>();
  /** Not committed yet, oldest first. */
  #versions: ImageVersion[] = [];

  /** @param onImage  Called when the committed image has been replaced. */
  constructor(clusterId: string, onImage: (image: ClusterImage, delta: ImageDelta) => void) {
    this.#clusterId = clusterId;
    this.#onImage = onImage;
    this.image = emptyImage(clusterId);
    this.committedImage = this.image;
  }

  replay(record: MachineRecord, offset: number): void {
    const decoded = decodeMetadataRecord(record.value, offset);
    this.#edit ??= new ImageEdit(this.image);
    this.#edit.apply(decoded);
    switch (decoded.kind) {
      case 'topic':
        this.#touched.add(decoded.topicId);
        this.#rememberName(decoded.name);
        return;
      case 'partition':
        this.#touched.add(decoded.topicId);
        return;
      case 'topic-config':
        this.#touched.add(this.#edit.topicIdOf(decoded.topicName));
        return;
      case 'resource-config':
        this.#configured.add(decoded.resourceType);
        return;
      case 'remove-topic':
        this.#touched.add(decoded.topicId);
        this.#forgetName(this.image.topicsById.get(decoded.topicId)?.name);
        return;
      case 'producer-ids':
        this.nextProducerId = decoded.nextProducerId;
        return;
      default:
    }
  }

  endBatch(endOffset: number): void {
    this.image = (this.#edit ?? new ImageEdit(this.image)).done(endOffset);
    this.#versions.push({ image: this.image, touched: this.#touched, configured: this.#configured });
    this.#edit = null;
    this.#touched = new Set();
    this.#configured = new Set();
  }

  committed(endOffset: number): void {
    const uncommittedAt = this.#versions.findIndex(({ image }) => image.endOffset > endOffset);
    const versions = this.#versions.splice(0, uncommittedAt < 0 ? this.#versions.length : uncommittedAt);
    const next = versions.at(-1)?.image;
    // While the log is replayed again, images older than the published one pass by.
    if (next === undefined || next.endOffset <= this.committedImage.endOffset) return;
    const previous = this.committedImage;
    this.committedImage = next;
    const touched = new Set(versions.flatMap((version) => [...version.touched]));
    const configuredTypes = new Set(versions.flatMap((version) => [...version.configured]));
    this.#onImage(next, { ...deltaOf(touched, previous, next), configuredTypes });
  }

  reset(): void {
    this.image = emptyImage(this.#clusterId);
    this.nextProducerId = 0;
    this.namesByCollisionKey.clear();
    this.#edit = null;
    this.#versions = [];
    this.#touched = new Set();
    this.#configured = new Set();
  }

  #rememberName(name: string): void {
    const key = collisionKey(name);
    if (key === null) return;
    const names = this.namesByCollisionKey.get(key);
    if (names === undefined) this.namesByCollisionKey.set(key, new Set([name]));
    else names.add(name);
  }

  #forgetName(name: string | undefined): void {
    const key = name === undefined ? null : collisionKey(name);
    if (key !== null) this.namesByCollisionKey.get(key)?.delete(name!);
  }
}

function deltaOf(
  touched: ReadonlySet<string>,
  previous: ClusterImage,
  next: ClusterImage,
): Pick<ImageDelta, 'changed' | 'removed'> {
  const changed: TopicImage[] = [];
  const removed: TopicImage[] = [];
  for (const topicId of touched) {
    const before = previous.topicsById.get(topicId);
    const after = next.topicsById.get(topicId);
    if (after !== undefined && after !== before) changed.push(after);
    else if (after === undefined && before !== undefined) removed.push(before);
  }
  return { changed, removed };
}
