package dev.cairn.run.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.WriteFailure;
import dev.cairn.run.event.RunEvent;
import dev.cairn.run.event.WriteNews;
import dev.cairn.run.fake.Bench;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublisherTest {
    private static final Path FILE = Path.of("/run/steps/one/step.json");
    private static final Path OTHER = Path.of("/run/manifest.json");

    private final List<RunEvent> events = Collections.synchronizedList(new ArrayList<>());
    private final AtomicBoolean full = new AtomicBoolean(true);
    private final AtomicInteger written = new AtomicInteger();
    private final Publisher publisher = new Publisher(() -> {}, Clock.systemUTC(), new WriteNews(events::add));

    private void write() throws IOException {
        if (full.get()) {
            throw new FileSystemException(FILE.toString(), null, "No space left on device");
        }
        written.incrementAndGet();
    }

    private CompletableFuture<Void> publishing(WriteGuard guard, Path file) {
        return CompletableFuture.runAsync(() -> {
            try {
                guard.publish(file, this::write);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void waitsForRoomAndSaysSoOnce() throws Exception {
        CompletableFuture<Void> one = publishing(publisher, FILE);
        CompletableFuture<Void> other = publishing(publisher, OTHER);
        Bench.until(() -> publisher.failure().isPresent());
        assertThat(publisher.failure().map(WriteFailure::reason)).contains("No space left on device");

        full.set(false);
        one.get();
        other.get();

        assertThat(written).hasValue(2);
        assertThat(publisher.failure()).isEmpty();
        assertThat(events.get(0)).isInstanceOf(RunEvent.CannotWrite.class);
        assertThat(events.get(events.size() - 1)).isInstanceOf(RunEvent.WritesAgain.class);
    }

    @Test
    void owesWhatWasOfferedUntilThereIsRoom() throws Exception {
        publisher.offer(OTHER, this::write);
        assertThat(publisher.settle()).isFalse();
        assertThat(publisher.settle()).isFalse();
        full.set(false);
        assertThat(publisher.settle()).isTrue();
        assertThat(written).hasValue(1);
        assertThat(publisher.settle()).isTrue();
        assertThat(written).hasValue(1);
        assertThat(events)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("CannotWrite", "WritesAgain");
    }

    @Test
    void givesUpWhatNobodyWantsAnyMore() {
        AtomicBoolean stopped = new AtomicBoolean();
        CompletableFuture<Void> start = publishing(publisher.unless(stopped::get), FILE);
        Bench.until(() -> publisher.failure().isPresent());
        stopped.set(true);
        assertThatThrownBy(start::get)
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseInstanceOf(FileSystemException.class);
        assertThat(publisher.failure()).isEmpty();
    }

    @Test
    void givesUpSomeSecondsAfterItWasTold() {
        CompletableFuture<Void> end = publishing(publisher, FILE);
        Bench.until(() -> publisher.failure().isPresent());
        publisher.hurry();
        Bench.until(end::isCompletedExceptionally);
    }

    @Test
    void doesNotWaitForWhatDoesNotPass() {
        assertThatThrownBy(() -> publisher.publish(FILE, () -> {
                    throw new NoSuchFileException(FILE.toString());
                }))
                .isInstanceOf(NoSuchFileException.class);
        Publisher lost = new Publisher(
                () -> {
                    throw new IOException("taken over");
                },
                Clock.systemUTC(),
                new WriteNews(events::add));
        assertThatThrownBy(() -> lost.publish(FILE, this::write)).hasMessage("taken over");
        assertThatThrownBy(() -> lost.offer(FILE, this::write)).hasMessage("taken over");
        assertThat(events).isEmpty();
    }

    @Test
    void doesNotWaitForAFolderToGoFromWhereADocumentBelongs(@TempDir Path folder) {
        assertThatThrownBy(() -> publisher.publish(folder, () -> DurableFiles.replace(folder, new byte[] {1})))
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining(folder.toString());
    }

    @Test
    void waitsForRoomInAFolder(@TempDir Path folder) throws Exception {
        CompletableFuture<Void> start = publishing(publisher, folder);
        Bench.until(() -> publisher.failure().isPresent());
        full.set(false);
        start.get();
        assertThat(written).hasValue(1);
    }

    @Test
    void letsGoWhenInterrupted() throws Exception {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                publisher.publish(FILE, this::write);
            } catch (IOException e) {
                end.complete(e);
            }
        });
        thread.start();
        Bench.until(() -> publisher.failure().isPresent());
        thread.interrupt();
        assertThat(end.get()).isInstanceOf(InterruptedIOException.class);
    }
}
