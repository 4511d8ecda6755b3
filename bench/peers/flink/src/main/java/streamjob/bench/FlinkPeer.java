package streamjob.bench;

import java.nio.file.Files;
import java.time.Duration;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The race's pipeline on a cluster inside this process, parallelism 1, exactly-once, by the DataStream API or in SQL. */
public final class FlinkPeer {
    private static final int PARALLELISM = 1;

    private FlinkPeer() {}

    public static void main(String[] args) throws Exception {
        Flags flags = new Flags(args);
        Settings settings = Settings.of(flags);
        boolean sql = flags.is("api", "sql");
        StreamExecutionEnvironment environment =
            StreamExecutionEnvironment.createLocalEnvironment(PARALLELISM, configuration(settings, flags, sql));
        JobClient job = sql
            ? SqlPipeline.start(environment, settings, flags.text("mini-batch"))
            : DataStreamPipeline.start(environment, settings);
        try (Progress progress = new Progress(SourceCounters::records)) {
            job.getJobExecutionResult().get();
            if (SourceCounters.records() != settings.records()) {
                throw new IllegalStateException("the source counted " + SourceCounters.records() + " records, not " + settings.records());
            }
            progress.finish(settings.records());
        }
        System.exit(0);
    }

    private static Configuration configuration(Settings settings, Flags flags, boolean sql) throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.OBJECT_REUSE, true);
        // The DataStream job must not fall back to the slow general serializer unnoticed.
        configuration.set(PipelineOptions.GENERIC_TYPES, sql);
        configuration.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, Duration.ofMillis(flags.number("watermark-ms")));
        configuration.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.STREAMING);
        configuration.set(ExecutionOptions.BUFFER_TIMEOUT, Duration.ofMillis(flags.number("buffer-timeout-ms")));
        configuration.set(StateBackendOptions.STATE_BACKEND, "hashmap");
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(settings.commitMs()));
        configuration.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
        configuration.setString("execution.checkpointing.storage", "filesystem");
        configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, Files.createTempDirectory("checkpoints").toUri().toString());
        configuration.set(TaskManagerOptions.NUM_TASK_SLOTS, PARALLELISM);
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.parse("256m"));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.parse("64m"));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.parse("64m"));
        configuration.setString("metrics.reporters", "counters");
        configuration.setString("metrics.reporter.counters.factory.class", SourceCounters.class.getName());
        configuration.setString("metrics.latency.interval", "0");
        configuration.setString("web.submit.enable", "false");
        return configuration;
    }
}
