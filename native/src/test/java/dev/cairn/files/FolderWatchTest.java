package dev.cairn.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderWatchTest {
    private static final int PATIENCE = 20;

    @TempDir
    private Path folder;

    private final Semaphore changes = new Semaphore(0);

    private FolderWatch watch(Path watched, Semaphore told) {
        return FolderWatch.of(watched, told::release).orElseThrow();
    }

    private void append() throws IOException {
        Files.writeString(folder.resolve("a"), "x", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static void await(Semaphore told) throws InterruptedException {
        assertThat(told.tryAcquire(PATIENCE, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void tellsOfEachChange() throws Exception {
        try (FolderWatch watch = watch(folder, changes)) {
            for (int i = 0; i < 3; i++) {
                changes.drainPermits();
                append();
                await(changes);
            }
        }
    }

    @Test
    void tellsAllWhoWatchTheSameFolderUntilTheyClose() throws Exception {
        Semaphore other = new Semaphore(0);
        try (FolderWatch first = watch(folder, changes)) {
            FolderWatch second = watch(folder, other);
            append();
            await(changes);
            await(other);
            second.close();
            second.close();
            other.drainPermits();
            changes.drainPermits();
            append();
            await(changes);
            assertThat(other.availablePermits()).isZero();
        }
    }

    /** A Java program exits a third of a second later while a thread waits in the kernel. */
    @Test
    void leavesNoThreadAfterTheLast() throws Exception {
        watch(folder, changes).close();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE);
        while (Thread.getAllStackTraces().keySet().stream().map(Thread::getName).anyMatch("cairn-watch"::equals)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
        try (FolderWatch again = watch(folder, changes)) {
            append();
            await(changes);
        }
    }

    @Test
    void isNotHadOfWhatIsNotThere() {
        assertThat(FolderWatch.of(folder.resolve("absent"), changes::release)).isEqualTo(Optional.empty());
    }
}
