package streamjob.bench;

import java.nio.charset.StandardCharsets;

/** One result. User ids are letters and digits in these data, so that no character of the document needs an escape. */
public final class WindowResult {
    public String userId;
    public long windowStart;
    public long windowEnd;
    public long count;
    public long sum;
    public long max;

    public WindowResult() {}

    static WindowResult of(String userId, long windowStart, long windowEnd, Totals totals) {
        WindowResult result = new WindowResult();
        result.userId = userId;
        result.windowStart = windowStart;
        result.windowEnd = windowEnd;
        result.count = totals.count;
        result.sum = totals.sum;
        result.max = totals.max;
        return result;
    }

    byte[] toJson() {
        return new StringBuilder(128)
            .append("{\"userId\":\"").append(userId)
            .append("\",\"windowStart\":").append(windowStart)
            .append(",\"windowEnd\":").append(windowEnd)
            .append(",\"count\":").append(count)
            .append(",\"sum\":").append(sum)
            .append(",\"max\":").append(max)
            .append('}')
            .toString()
            .getBytes(StandardCharsets.ISO_8859_1);
    }
}
