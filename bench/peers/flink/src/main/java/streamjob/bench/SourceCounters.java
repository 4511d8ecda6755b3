package streamjob.bench;

import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/** Catches the sources' own record counters, so that a run can be watched without a change to the pipeline. */
public final class SourceCounters implements MetricReporterFactory {
    private static final List<Counter> COUNTERS = new CopyOnWriteArrayList<>();

    static long records() {
        long sum = 0;
        for (Counter counter : COUNTERS) sum += counter.getCount();
        return sum;
    }

    @Override
    public MetricReporter createMetricReporter(Properties properties) {
        return new MetricReporter() {
            @Override
            public void open(MetricConfig config) {}

            @Override
            public void close() {}

            @Override
            public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
                String operator = group.getAllVariables().getOrDefault("<operator_name>", "");
                if (metric instanceof Counter counter && name.equals("numRecordsIn") && operator.startsWith("Source:")) {
                    COUNTERS.add(counter);
                }
            }

            @Override
            public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {}
        };
    }
}
