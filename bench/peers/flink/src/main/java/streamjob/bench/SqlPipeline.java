package streamjob.bench;

import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.TableConfig;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/** The pipeline in SQL: a table over each topic, and a query over a window function. */
final class SqlPipeline {
    private SqlPipeline() {}

    static JobClient start(StreamExecutionEnvironment environment, Settings settings, String miniBatchLatency) {
        StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
        TableConfig config = tables.getConfig();
        config.set("table.local-time-zone", "UTC");
        config.set("table.exec.mini-batch.enabled", "true");
        config.set("table.exec.mini-batch.allow-latency", miniBatchLatency);
        config.set("table.exec.mini-batch.size", "5000");
        // Measured a little faster than two phases: with some seven records a window, aggregating before the exchange saves little.
        config.set("table.optimizer.agg-phase-strategy", "ONE_PHASE");
        tables.executeSql(clicks(settings));
        tables.executeSql(results(settings));
        return tables.executeSql(query(settings)).getJobClient().orElseThrow();
    }

    private static String clicks(Settings settings) {
        return "CREATE TABLE clicks (userId STRING, durationMs BIGINT, ts BIGINT, rowtime AS TO_TIMESTAMP_LTZ(ts, 3),"
            + " WATERMARK FOR rowtime AS rowtime - " + interval(settings.outOfOrderMs()) + ")"
            + " WITH ('connector'='kafka','topic'='" + settings.input() + "','format'='json'"
            + ",'properties.bootstrap.servers'='" + settings.bootstrapServers() + "'"
            + ",'properties.group.id'='" + settings.output() + "'"
            + ",'scan.startup.mode'='earliest-offset','scan.topic-partition-discovery.interval'='0'"
            + (settings.bounded() ? ",'scan.bounded.mode'='latest-offset'" : "")
            + clientProperties(Settings.consumer()) + ")";
    }

    private static String results(Settings settings) {
        return "CREATE TABLE results (userId STRING, windowStart TIMESTAMP(3), windowEnd TIMESTAMP(3), `count` BIGINT, `sum` BIGINT, `max` BIGINT)"
            + " WITH ('connector'='kafka','topic'='" + settings.output() + "'"
            + ",'properties.bootstrap.servers'='" + settings.bootstrapServers() + "'"
            + ",'key.format'='raw','key.fields'='userId','value.format'='json','value.json.timestamp-format.standard'='ISO-8601'"
            + ",'sink.delivery-guarantee'='exactly-once','sink.transactional-id-prefix'='" + settings.output() + "'"
            + clientProperties(settings.producer()) + ")";
    }

    private static String query(Settings settings) {
        String windows = switch (settings.window()) {
            case "tumbling" -> "TUMBLE(TABLE clicks, DESCRIPTOR(rowtime), " + interval(settings.sizeMs()) + ")";
            case "sliding" ->
                "HOP(TABLE clicks, DESCRIPTOR(rowtime), " + interval(settings.slideMs()) + ", " + interval(settings.sizeMs()) + ")";
            case "session" ->
                "SESSION(TABLE clicks PARTITION BY userId, DESCRIPTOR(rowtime), " + interval(settings.gapMs()) + ")";
            default -> throw new IllegalArgumentException("no window " + settings.window());
        };
        return "INSERT INTO results SELECT userId, window_start, window_end, COUNT(*), SUM(durationMs), MAX(durationMs)"
            + " FROM TABLE(" + windows + ") GROUP BY userId, window_start, window_end";
    }

    private static String interval(long ms) {
        return String.format("INTERVAL '%d.%03d' SECOND(%d, 3)", ms / 1000, ms % 1000, Math.max(1, Long.toString(ms / 1000).length()));
    }

    private static String clientProperties(Map<String, String> properties) {
        return properties.entrySet().stream()
            .map(entry -> ",'properties." + entry.getKey() + "'='" + entry.getValue() + "'")
            .collect(Collectors.joining());
    }
}
