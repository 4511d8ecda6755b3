// The watermark of one source partition: how far its event time has come, less the disorder that is allowed.

export class PartitionWatermark {
  private readonly maxOutOfOrdernessMs: number;
  /** −Infinity before the first record. */
  maxEventTimeMs = Number.NEGATIVE_INFINITY;
  /** No record before or at this time is expected any more. −Infinity before the first record; never falls. */
  watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(maxOutOfOrdernessMs: number) {
    this.maxOutOfOrdernessMs = maxOutOfOrdernessMs;
  }

  /** What the watermark is once a record of this event time is in. */
  after(eventTimeMs: number): number {
    return Math.max(this.watermarkMs, eventTimeMs - this.maxOutOfOrdernessMs - 1);
  }

  /** Takes a record's event time in; true when the watermark rose. */
  observe(eventTimeMs: number): boolean {
    if (eventTimeMs <= this.maxEventTimeMs) return false;
    this.maxEventTimeMs = eventTimeMs;
    const watermarkMs = eventTimeMs - this.maxOutOfOrdernessMs - 1;
    if (watermarkMs <= this.watermarkMs) return false;
    this.watermarkMs = watermarkMs;
    return true;
  }

  /** Raises the watermark by decision (end of input, restore); one that is lower changes nothing. */
  raise(watermarkMs: number): boolean {
    if (watermarkMs <= this.watermarkMs) return false;
    this.watermarkMs = watermarkMs;
    return true;
  }
}
