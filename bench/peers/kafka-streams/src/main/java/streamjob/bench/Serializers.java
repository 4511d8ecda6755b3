package streamjob.bench;

import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** How values are written to topics and stores: results in JSON, everything internal in binary. */
final class Serializers {
    private Serializers() {}

    static final class JsonClickDeserializer implements Deserializer<Click> {
        @Override
        public Click deserialize(String topic, byte[] bytes) {
            return bytes == null ? null : Click.parse(bytes);
        }
    }

    /** Without the user, who is the key. */
    static final class CompactClickSerializer implements Serializer<Click> {
        @Override
        public byte[] serialize(String topic, Click click) {
            return click == null ? null : ByteBuffer.allocate(16).putLong(click.durationMs).putLong(click.ts).array();
        }
    }

    static final class CompactClickDeserializer implements Deserializer<Click> {
        @Override
        public Click deserialize(String topic, byte[] bytes) {
            if (bytes == null) return null;
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            Click click = new Click();
            click.durationMs = buffer.getLong();
            click.ts = buffer.getLong();
            return click;
        }
    }

    static final class TotalsSerializer implements Serializer<Totals> {
        @Override
        public byte[] serialize(String topic, Totals totals) {
            if (totals == null) return null;
            return ByteBuffer.allocate(24).putLong(totals.count).putLong(totals.sum).putLong(totals.max).array();
        }
    }

    static final class TotalsDeserializer implements Deserializer<Totals> {
        @Override
        public Totals deserialize(String topic, byte[] bytes) {
            if (bytes == null) return null;
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            Totals totals = new Totals();
            totals.count = buffer.getLong();
            totals.sum = buffer.getLong();
            totals.max = buffer.getLong();
            return totals;
        }
    }

    static final class ResultSerializer implements Serializer<WindowResult> {
        @Override
        public byte[] serialize(String topic, WindowResult result) {
            return result.toJson();
        }
    }
}
