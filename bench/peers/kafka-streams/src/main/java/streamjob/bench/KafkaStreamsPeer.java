package streamjob.bench;

import java.nio.file.Files;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** The race's pipeline in Kafka Streams: one stream thread, exactly-once, stores with their changelogs. */
public final class KafkaStreamsPeer {
    private static final long POLL_MS = 5;

    private KafkaStreamsPeer() {}

    public static void main(String[] args) throws Exception {
        Flags flags = new Flags(args);
        Settings settings = Settings.of(flags);
        Properties properties = properties(settings);
        StreamsPipeline pipeline = new StreamsPipeline(
            settings, flags.number("grace-ms"), flags.number("retention-ms"), flags.is("store", "memory"));
        KafkaStreams streams = new KafkaStreams(pipeline.topology(properties), properties);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        try (Progress progress = new Progress(pipeline::records)) {
            streams.start();
            if (!settings.bounded()) Thread.currentThread().join();
            while (pipeline.arrived() < settings.records()) Thread.sleep(POLL_MS);
            streams.close();
            progress.finish(settings.records());
        }
        System.exit(0);
    }

    private static Properties properties(Settings settings) throws Exception {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, settings.output());
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
        properties.put(StreamsConfig.STATE_DIR_CONFIG, Files.createTempDirectory("state").toString());
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, settings.commitMs());
        properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 5000);
        properties.put(StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false);
        properties.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        // Internal: how often closed windows are looked for. At its default of a second of wall clock, reading a backlog loses results
        // silently: several windows pass in that second, and the store lets them go before they are emitted.
        properties.put("__emit.interval.ms.kstreams.windowed.aggregation__", 0L);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        Settings.consumer().forEach((name, value) -> properties.put(StreamsConfig.consumerPrefix(name), value));
        settings.producer().forEach((name, value) -> properties.put(StreamsConfig.producerPrefix(name), value));
        return properties;
    }
}
