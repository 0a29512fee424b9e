package dev.cairn.run.event;

import dev.cairn.files.WriteFailure;
import dev.cairn.run.manifest.Publisher;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** Tells a run's listener that the run cannot be written down, and when it can be again. */
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
