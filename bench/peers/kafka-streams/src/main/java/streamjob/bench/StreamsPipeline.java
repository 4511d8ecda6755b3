package streamjob.bench;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.state.DslStoreSuppliers;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.WindowStore;

/** The pipeline: one final result per window, as the others give. */
final class StreamsPipeline {
    private final Settings settings;
    private final Duration grace;
    private final long retentionMs;
    private final DslStoreSuppliers storeType;
    private final Serde<Totals> totals = Serdes.serdeFrom(new Serializers.TotalsSerializer(), new Serializers.TotalsDeserializer());
    private final LongAdder records = new LongAdder();
    private final LongAdder arrived = new LongAdder();

    /**
     * @param retentionMs of the store; 0 leaves it to the library (window and grace).
     * @param inMemory rather than in RocksDB.
     */
    StreamsPipeline(Settings settings, long graceMs, long retentionMs, boolean inMemory) {
        this.settings = settings;
        this.grace = Duration.ofMillis(graceMs);
        this.retentionMs = retentionMs;
        this.storeType = inMemory ? BuiltInDslStoreSuppliers.IN_MEMORY : BuiltInDslStoreSuppliers.ROCKS_DB;
    }

    /** Records of the input that have been taken in. */
    long records() {
        return records.sum();
    }

    /** Records that have come to the aggregation: through the repartition topic, if there is one. */
    long arrived() {
        return settings.shuffled() ? arrived.sum() : records.sum();
    }

    Topology topology(Properties properties) {
        StreamsBuilder builder = new StreamsBuilder();
        KTable<Windowed<String>, Totals> table =
            settings.window().equals("session") ? sessions(grouped(builder)) : windows(grouped(builder));
        // A session ends with its last event here; what the others call its end is a gap later.
        long behindEndMs = settings.window().equals("session") ? settings.gapMs() : 0;
        table.toStream()
            .map((window, value) -> KeyValue.pair(
                window.key(),
                WindowResult.of(window.key(), window.window().start(), window.window().end() + behindEndMs, value)))
            .to(settings.output(), Produced.with(Serdes.String(), Serdes.serdeFrom(new Serializers.ResultSerializer(), (topic, bytes) -> null)));
        return builder.build(properties);
    }

    private KGroupedStream<String, Click> grouped(StreamsBuilder builder) {
        Serde<Click> parsed = Serdes.serdeFrom(new Serializers.CompactClickSerializer(), new Serializers.JsonClickDeserializer());
        KStream<String, Click> clicks = builder
            .stream(settings.input(), Consumed.with(Serdes.String(), parsed).withTimestampExtractor((record, time) -> ((Click) record.value()).ts))
            .filter((key, click) -> counted(records) && click.userId != null);
        if (!settings.shuffled()) return clicks.groupByKey();
        // Through the repartition topic goes only what is needed behind it, in binary.
        Serde<Click> compact = Serdes.serdeFrom(new Serializers.CompactClickSerializer(), new Serializers.CompactClickDeserializer());
        return clicks.selectKey((key, click) -> click.userId)
            .repartition(Repartitioned.with(Serdes.String(), compact).withName("by-user"))
            .filter((user, click) -> counted(arrived))
            .groupByKey();
    }

    private static boolean counted(LongAdder counter) {
        counter.increment();
        return true;
    }

    private KTable<Windowed<String>, Totals> windows(KGroupedStream<String, Click> grouped) {
        TimeWindows windows = TimeWindows.ofSizeAndGrace(Duration.ofMillis(settings.sizeMs()), grace);
        if (settings.window().equals("sliding")) windows = windows.advanceBy(Duration.ofMillis(settings.slideMs()));
        Materialized<String, Totals, WindowStore<Bytes, byte[]>> store = store();
        return grouped.windowedBy(windows)
            .emitStrategy(EmitStrategy.onWindowClose())
            .aggregate(Totals::new, (user, click, value) -> value.add(click.durationMs), store);
    }

    private KTable<Windowed<String>, Totals> sessions(KGroupedStream<String, Click> grouped) {
        Materialized<String, Totals, SessionStore<Bytes, byte[]>> store = store();
        return grouped.windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofMillis(settings.gapMs()), grace))
            .emitStrategy(EmitStrategy.onWindowClose())
            .aggregate(Totals::new, (user, click, value) -> value.add(click.durationMs), (user, a, b) -> a.merge(b), store);
    }

    private <S extends StateStore> Materialized<String, Totals, S> store() {
        Materialized<String, Totals, S> store = Materialized.<String, Totals, S>as("totals")
            .withKeySerde(Serdes.String())
            .withValueSerde(totals)
            .withStoreType(storeType)
            .withCachingDisabled();
        return retentionMs == 0 ? store : store.withRetention(Duration.ofMillis(retentionMs));
    }
}
