package streamjob.bench;

import java.util.function.LongSupplier;

/**
 * Says on standard output how many records have been read, as JSON lines: whoever started the process takes its CPU time at each of
 * them.
 */
final class Progress implements AutoCloseable {
    private static final long PERIOD_MS = 50;
    /** Time to take the last sample of this process. */
    private static final long LINGER_MS = 150;

    private final LongSupplier records;
    private final Thread thread;
    private volatile boolean running = true;
    private long highest;

    Progress(LongSupplier records) {
        this.records = records;
        thread = new Thread(this::report, "progress");
        thread.setDaemon(true);
        thread.setPriority(Thread.MAX_PRIORITY);
        thread.start();
    }

    private void report() {
        try {
            while (running) {
                say();
                Thread.sleep(PERIOD_MS);
            }
        } catch (InterruptedException e) {
            running = false;
        }
    }

    private synchronized void say() {
        highest = Math.max(highest, records.getAsLong());
        System.out.println("{\"records\":" + highest + "}");
        System.out.flush();
    }

    /** A last report of all records, which have been read by now. */
    void finish(long all) throws InterruptedException {
        running = false;
        thread.join();
        highest = all;
        say();
        Thread.sleep(LINGER_MS);
    }

    @Override
    public void close() {
        running = false;
    }
}
