package dev.cairn.run.event;

import dev.cairn.files.JsonLines;
import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes events to {@code events.jsonl}. A full disk loses events but does not end the run: the manifest is the truth,
 * and only its writing decides. Thread-safe.
 */
public final class EventLog implements RunListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
    private final RunFolder run;
    private final JsonLines lines;
    private final long epoch;

    private EventLog(RunFolder run, JsonLines lines, long epoch) {
        this.run = run;
        this.lines = lines;
        this.epoch = epoch;
    }

    public static EventLog open(RunFolder run, long epoch) throws IOException {
        return new EventLog(run, JsonLines.append(run.events()), epoch);
    }

    @Override
    public void on(RunEvent event) {
        try {
            lines.add(EventJson.of(event, epoch));
        } catch (IOException e) {
            LOG.warn("{}: an event could not be written: {}", run.events(), e.getMessage());
        }
    }

    @Override
    public void close() {
        try (lines) {
            lines.sync();
        } catch (IOException e) {
            LOG.warn("{}: the last events may be lost in a power cut: {}", run.events(), e.getMessage());
        }
    }
}
