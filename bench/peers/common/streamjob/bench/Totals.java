package streamjob.bench;

/** The accumulator: number, sum and maximum of the durations. */
public final class Totals {
    public long count;
    public long sum;
    public long max = Long.MIN_VALUE;

    public Totals() {}

    Totals add(long durationMs) {
        count++;
        sum += durationMs;
        if (durationMs > max) max = durationMs;
        return this;
    }

    Totals merge(Totals other) {
        count += other.count;
        sum += other.sum;
        max = Math.max(max, other.max);
        return this;
    }
}
