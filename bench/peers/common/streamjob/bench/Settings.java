package streamjob.bench;

import java.util.Map;
import java.util.TreeMap;

/** What a run is told, and the client settings that both peers have in common. */
record Settings(
    String bootstrapServers,
    String input,
    String output,
    /** tumbling, sliding or session. */
    String window,
    long sizeMs,
    long slideMs,
    long gapMs,
    long outOfOrderMs,
    /** Grouped by a field that is not the record's key. */
    boolean shuffled,
    /** Checkpoint or commit interval. */
    long commitMs,
    long lingerMs,
    /** Of the input; 0: it has no end, the run goes on until it is ended. */
    long records) {

    static Settings of(Flags flags) {
        return new Settings(
            System.getenv("BOOTSTRAP_SERVERS"),
            flags.text("input"),
            flags.text("output"),
            flags.text("window"),
            flags.number("size-ms"),
            flags.number("slide-ms"),
            flags.number("gap-ms"),
            flags.number("ooo-ms"),
            flags.is("shuffled", "true"),
            flags.number("commit-ms"),
            flags.number("linger-ms"),
            flags.number("records"));
    }

    boolean bounded() {
        return records > 0;
    }

    /** Large fetches: the input is a backlog. */
    static Map<String, String> consumer() {
        return new TreeMap<>(Map.of(
            "max.poll.records", "5000",
            "fetch.max.bytes", "52428800",
            "max.partition.fetch.bytes", "4194304",
            "receive.buffer.bytes", "1048576"));
    }

    Map<String, String> producer() {
        return new TreeMap<>(Map.of(
            "linger.ms", Long.toString(lingerMs),
            "batch.size", "262144",
            "buffer.memory", "67108864",
            "transaction.timeout.ms", "600000"));
    }
}
