// The watermark of an aggregate task: the minimum over all source partitions, as announced by the control records in the task's
// own log. Nothing else may tell it of partitions, or a replay would see another set than the first run did.

/** What one control record says of source partition `partition`. */
export interface WatermarkAnnouncement {
  readonly partition: number;
  /** −Infinity when the partition never had a record. */
  readonly watermarkMs: number;
  readonly idle: boolean;
  readonly quiet: boolean;
  /** Source partitions known to the announcer. */
  readonly partitionCount: number;
}

export interface SourceWatermarkState {
  readonly watermarkMs: number;
  /** Index = source partition; null was never announced. */
  readonly sources: readonly ({
    readonly watermarkMs: number;
    readonly idle: boolean;
    readonly quiet: boolean;
  } | null)[];
}

const ANNOUNCED = 1;
const IDLE = 2;
const QUIET = 4;

export class SourceWatermarks {
  /** The task's watermark: −Infinity before every partition has spoken; never falls. */
  watermarkMs = Number.NEGATIVE_INFINITY;
  private readonly watermarks: number[] = [];
  private readonly flags: number[] = [];

  /** Partitions in the set: 0..partitionCount, the highest number ever announced. */
  get partitionCount(): number {
    return this.flags.length;
  }

  /** Whether every partition has been silent for so long that windows close (`closeIdleAfter`). */
  get allQuiet(): boolean {
    return this.flags.length > 0 && this.flags.every((flags) => (flags & QUIET) !== 0);
  }

  /** Takes a control record in; true when the task's watermark rose. */
  announce({ partition, watermarkMs, idle, quiet, partitionCount }: WatermarkAnnouncement): boolean {
    while (this.flags.length < Math.max(partitionCount, partition + 1)) {
      this.flags.push(0);
      this.watermarks.push(Number.NEGATIVE_INFINITY);
    }
    this.watermarks[partition] = Math.max(this.watermarks[partition]!, watermarkMs);
    this.flags[partition] = ANNOUNCED | (idle ? IDLE : 0) | (quiet ? QUIET : 0);
    return this.force(this.minimum());
  }

  /**
   * Raises the watermark of one partition as its own records say it; true when the task's rose. It says nothing of a partition that
   * has not announced itself: that one still holds.
   */
  raise(partition: number, watermarkMs: number): boolean {
    if (((this.flags[partition] ?? 0) & ANNOUNCED) === 0 || watermarkMs <= this.watermarks[partition]!) return false;
    this.watermarks[partition] = watermarkMs;
    return this.force(this.minimum());
  }

  /** Raises the task's watermark by decision (all sources are quiet, end of input); one that is lower changes nothing. */
  force(watermarkMs: number): boolean {
    if (watermarkMs <= this.watermarkMs) return false;
    this.watermarkMs = watermarkMs;
    return true;
  }

  snapshot(): SourceWatermarkState {
    return {
      watermarkMs: this.watermarkMs,
      sources: this.flags.map((flags, partition) =>
        (flags & ANNOUNCED) === 0
          ? null
          : { watermarkMs: this.watermarks[partition]!, idle: (flags & IDLE) !== 0, quiet: (flags & QUIET) !== 0 },
      ),
    };
  }

  static restore({ watermarkMs, sources }: SourceWatermarkState): SourceWatermarks {
    const restored = new SourceWatermarks();
    restored.watermarkMs = watermarkMs;
    for (const source of sources) {
      restored.watermarks.push(source?.watermarkMs ?? Number.NEGATIVE_INFINITY);
      restored.flags.push(source === null ? 0 : ANNOUNCED | (source.idle ? IDLE : 0) | (source.quiet ? QUIET : 0));
    }
    return restored;
  }

  /** Over the partitions that are not idle; when all are idle, the furthest of them. A silent member that never spoke holds. */
  private minimum(): number {
    let least = Number.POSITIVE_INFINITY;
    let furthest = Number.NEGATIVE_INFINITY;
    let active = false;
    for (let partition = 0; partition < this.flags.length; partition++) {
      const flags = this.flags[partition]!;
      if ((flags & ANNOUNCED) === 0) return Number.NEGATIVE_INFINITY;
      const watermarkMs = this.watermarks[partition]!;
      furthest = Math.max(furthest, watermarkMs);
      if ((flags & IDLE) !== 0) continue;
      active = true;
      least = Math.min(least, watermarkMs);
    }
    return active ? least : furthest;
  }
}
