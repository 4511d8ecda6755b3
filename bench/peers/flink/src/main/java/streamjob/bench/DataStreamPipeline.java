package streamjob.bench;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.assigners.SlidingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.WindowAssigner;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The pipeline by the DataStream API: own parser, own serializer, incremental aggregation. */
final class DataStreamPipeline {
    private static final TypeInformation<Click> CLICK = Types.POJO(Click.class);

    private DataStreamPipeline() {}

    static JobClient start(StreamExecutionEnvironment environment, Settings settings) throws Exception {
        String id = "bench-flink-" + ProcessHandle.current().pid() + "-" + System.currentTimeMillis();
        environment
            .fromSource(source(settings, id), watermarks(settings), "clicks", CLICK)
            .filter(click -> click.userId != null)
            .keyBy(click -> click.userId)
            .window(windows(settings))
            .aggregate(new Aggregate(), new ToResult(), Types.POJO(Totals.class), Types.POJO(Totals.class), Types.POJO(WindowResult.class))
            .sinkTo(sink(settings, id));
        return environment.executeAsync("bench");
    }

    private static KafkaSource<Click> source(Settings settings, String id) {
        Properties properties = new Properties();
        properties.putAll(Settings.consumer());
        properties.put("partition.discovery.interval.ms", "-1");
        KafkaSourceBuilder<Click> builder = KafkaSource.<Click>builder()
            .setBootstrapServers(settings.bootstrapServers())
            .setTopics(settings.input())
            .setGroupId(id)
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setValueOnlyDeserializer(new ClickSchema())
            .setProperties(properties);
        return (settings.bounded() ? builder.setBounded(OffsetsInitializer.latest()) : builder).build();
    }

    private static WatermarkStrategy<Click> watermarks(Settings settings) {
        return WatermarkStrategy.<Click>forBoundedOutOfOrderness(Duration.ofMillis(settings.outOfOrderMs()))
            .withTimestampAssigner((click, recordTime) -> click.ts);
    }

    private static WindowAssigner<Object, TimeWindow> windows(Settings settings) {
        return switch (settings.window()) {
            case "tumbling" -> TumblingEventTimeWindows.of(Duration.ofMillis(settings.sizeMs()));
            case "sliding" -> SlidingEventTimeWindows.of(Duration.ofMillis(settings.sizeMs()), Duration.ofMillis(settings.slideMs()));
            case "session" -> EventTimeSessionWindows.withGap(Duration.ofMillis(settings.gapMs()));
            default -> throw new IllegalArgumentException("no window " + settings.window());
        };
    }

    private static KafkaSink<WindowResult> sink(Settings settings, String id) {
        Properties properties = new Properties();
        properties.putAll(settings.producer());
        return KafkaSink.<WindowResult>builder()
            .setBootstrapServers(settings.bootstrapServers())
            .setRecordSerializer(new ResultSchema(settings.output()))
            .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
            .setTransactionalIdPrefix(id)
            .setKafkaProducerConfig(properties)
            .build();
    }

    private static final class ClickSchema implements DeserializationSchema<Click> {
        @Override
        public Click deserialize(byte[] message) {
            return Click.parse(message);
        }

        @Override
        public boolean isEndOfStream(Click click) {
            return false;
        }

        @Override
        public TypeInformation<Click> getProducedType() {
            return CLICK;
        }
    }

    private static final class Aggregate implements AggregateFunction<Click, Totals, Totals> {
        @Override
        public Totals createAccumulator() {
            return new Totals();
        }

        @Override
        public Totals add(Click click, Totals totals) {
            return totals.add(click.durationMs);
        }

        @Override
        public Totals getResult(Totals totals) {
            return totals;
        }

        @Override
        public Totals merge(Totals a, Totals b) {
            return a.merge(b);
        }
    }

    private static final class ToResult extends ProcessWindowFunction<Totals, WindowResult, String, TimeWindow> {
        @Override
        public void process(String user, Context context, Iterable<Totals> totals, Collector<WindowResult> out) {
            TimeWindow window = context.window();
            out.collect(WindowResult.of(user, window.getStart(), window.getEnd(), totals.iterator().next()));
        }
    }

    private static final class ResultSchema implements KafkaRecordSerializationSchema<WindowResult> {
        private final String topic;

        ResultSchema(String topic) {
            this.topic = topic;
        }

        @Override
        public ProducerRecord<byte[], byte[]> serialize(WindowResult result, KafkaSinkContext context, Long timestamp) {
            return new ProducerRecord<>(topic, null, timestamp, result.userId.getBytes(StandardCharsets.ISO_8859_1), result.toJson());
        }
    }
}
