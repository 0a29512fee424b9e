package dev.cairn.run.event;

import dev.cairn.files.WriteFailure;
import dev.cairn.run.manifest.Publisher;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** Reports to a run's listener that the manifest cannot be written, and when it can be written again. */
public record WriteNews(RunListener listener) implements Publisher.News {
    @Override
    public void cannotWrite(Path file, WriteFailure failure) {
        listener.on(new RunEvent.CannotWrite(failure.since(), file.toString(), failure.reason()));
    }

    @Override
    public void writesAgain(Instant at, Duration after) {
        listener.on(new RunEvent.WritesAgain(at, after));
    }
}
