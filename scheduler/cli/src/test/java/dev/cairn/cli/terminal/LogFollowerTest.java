package dev.cairn.cli.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LogFollowerTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private Path log;
    private LogFollower follower;

    @BeforeEach
    void follow() {
        log = folder.resolve("stdout.log");
        follower = new LogFollower(log, shown);
    }

    @Test
    void waitsForALogThatIsNotThereYet() throws IOException {
        assertThat(follower.poll()).isFalse();
        append("1\n");
        assertThat(follower.poll()).isTrue();
        assertThat(shown()).isEqualTo("1\n");
    }

    @Test
    void showsEachByteOnceWhileTheLogGrows() throws IOException {
        for (int i = 0; i < 5; i++) {
            append(i + "\n");
            follower.poll();
            follower.poll();
        }
        assertThat(shown()).isEqualTo("0\n1\n2\n3\n4\n");
    }

    @Test
    void doesNotShowAgainWhatAResumeWritesAgain() throws IOException {
        append("1\n2\n3\n4\n");
        follower.poll();
        cutTo(4);
        follower.poll();
        append("3\n");
        follower.poll();
        append("4\n5\n");
        follower.poll();
        assertThat(shown()).isEqualTo("1\n2\n3\n4\n5\n");
    }

    @Test
    void showsFromTheLineOnThatIsDifferentAfterAResume() throws IOException {
        append("1\nnoon\n3\n");
        follower.poll();
        cutTo(2);
        append("night\n3\n");
        follower.poll();
        assertThat(shown()).isEqualTo("1\nnoon\n3\nnight\n3\n");
    }

    @Test
    void noticesACutThatItDidNotSeeSinceTheLogHasGrownPastIt() throws IOException {
        append("1\na\nb\n");
        follower.poll();
        cutTo(2);
        append("c\nd\ne\nf\n");
        follower.poll();
        assertThat(shown()).isEqualTo("1\na\nb\nc\nd\ne\nf\n");
    }

    @Test
    void showsAgainFromTheCutWhenItLiesBeyondMemory() throws IOException {
        String many = IntStream.range(0, 100_000).mapToObj(i -> i + "\n").collect(Collectors.joining());
        append(many);
        follower.poll();
        cutTo(2);
        follower.poll();
        append("once more\n");
        follower.poll();
        assertThat(shown()).isEqualTo(many + "once more\n");
    }

    @Test
    void continuesAfterWhatWasThereWhenThatIsSkipped() throws IOException {
        append("1\n2\n3\n");
        follower.skipTo(Files.size(log));
        cutTo(2);
        append("2\n3\n4\n");
        follower.poll();
        assertThat(shown()).isEqualTo("4\n");
    }

    @Test
    void doesNotShowAgainWhatTwoDeathsCutOffAndWroteAgain() throws IOException {
        append("1\n2\n3\n");
        successor(6).poll();
        cutTo(2);
        LogFollower next = successor(6);
        next.poll();
        append("2\n3\n4\n");
        next.poll();
        assertThat(shown()).isEqualTo("4\n");
    }

    @Test
    void keepsWhatItHasShownOnceTheLogIsCut() throws IOException {
        LogFollower first = successor(0);
        append("1\n2\n3\n");
        first.poll();
        cutTo(2);
        first.poll();
        append("2\n");
        LogFollower next = successor(first.position());
        append("night\n");
        next.poll();
        assertThat(shown()).isEqualTo("1\n2\n3\nnight\n");
    }

    @Test
    void showsFromTheCutWhenWhatWasKeptIsTorn() throws IOException {
        append("1\n2\n3\n");
        successor(6);
        cutTo(2);
        Files.writeString(memory(), "torn");
        LogFollower next = successor(6);
        append("2\n");
        next.poll();
        assertThat(shown()).isEqualTo("2\n");
    }

    @Test
    void aMarkSurvivesItsWriter() throws IOException {
        Path mark = folder.resolve("shown");
        assertThat(ShownMark.read(mark)).isEmpty();
        for (int out = 12; out < 15; out++) {
            mark(out).write(mark);
            assertThat(ShownMark.read(mark)).contains(mark(out));
        }
        Files.writeString(mark, "7 3\n"); // of a version that knew no lengths
        assertThat(ShownMark.read(mark).orElseThrow().out()).isEqualTo(new ShownMark.Shown(7, 7));
        mark(9).write(mark);
        assertThat(ShownMark.read(mark)).contains(mark(9));
        Files.writeString(mark, "torn");
        assertThat(ShownMark.read(mark)).isEmpty();
    }

    private static ShownMark mark(long out) {
        return new ShownMark(new ShownMark.Shown(out, out + 1), new ShownMark.Shown(3, 3));
    }

    @Test
    void aFileThatWasCutIsShownTheLogFromItsBeginning() {
        ShownMark.Shown shown =
                ShownMark.Shown.in(OptionalLong.of(20), 30); // shorter, since secrets are shown as stars
        assertThat(shown.next(OptionalLong.of(20))).isEqualTo(30);
        assertThat(shown.next(OptionalLong.of(500))).isEqualTo(30);
        assertThat(shown.next(OptionalLong.of(0))).isZero();
        assertThat(shown.next(OptionalLong.empty())).isEqualTo(30);
        assertThat(ShownMark.Shown.in(OptionalLong.empty(), 30).next(OptionalLong.of(0)))
                .isZero();
    }

    /** The runner dies before it sees that a resume has cut the log: the next one knows what was shown. */
    @Test
    void whatWasKeptBeforeTheCutIsNotShownAgain() throws IOException {
        Path memory = folder.resolve("shown.stdout");
        LogFollower first = new LogFollower(log, shown, memory);
        append("1\n2\n3\n4\n");
        first.poll();
        first.keep();
        cutTo(4);
        LogFollower second = new LogFollower(log, shown, memory);
        second.skipTo(8);
        append("3\n4\n5\n");
        second.poll();
        assertThat(shown()).isEqualTo("1\n2\n3\n4\n5\n");
    }

    @Test
    void aMarkIsItsOwnersAloneAsAllFilesOfARun() throws IOException {
        Path mark = folder.resolve("shown");
        mark(12).write(mark);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(mark)))
                .isEqualTo("rw-------");
    }

    @Test
    void beginsAtTheLastLines() throws IOException {
        append("1\n22\n333\n");
        follower.skipToLast(2);
        follower.poll();
        assertThat(shown()).isEqualTo("22\n333\n");
    }

    @Test
    void findsTheLastLinesAcrossBlocksAndWithoutAFinalNewline() throws IOException {
        String tail = IntStream.range(0, 5000).mapToObj(Integer::toString).collect(Collectors.joining("\n"));
        append("first\n" + tail);
        assertThat(LastLines.offset(log, 5000)).isEqualTo(6);
        assertThat(LastLines.offset(log, 5001)).isZero();
        assertThat(LastLines.offset(log, 1)).isEqualTo(Files.size(log) - 4);
        assertThat(LastLines.offset(log, 0)).isEqualTo(Files.size(log));
    }

    @Test
    void aScreenIsTakenToTheModesOfTheCutFromWhichItIsShownAgain() throws IOException {
        append("\33[?1049h1\n\33[?1049l\33[?25l2\n");
        Screen screen = new Screen(shown);
        LogFollower next = new LogFollower(log, screen);
        next.skipTo(Files.size(log));
        cutTo("\33[?1049h1\n".length());
        next.poll();
        assertThat(shown()).isEmpty();
        append("3\n");
        next.poll();
        assertThat(shown()).isEqualTo("\33[?1049h3\n");
        screen.giveBack();
        assertThat(shown()).isEqualTo("\33[?1049h3\n\33[?1049l");
    }

    @Test
    void aScreenIsTakenToTheEndOfTheCutLogBeforeAnythingIsShown() throws IOException {
        append("\33[?1049h1\n\33[?1049l");
        LogFollower next = new LogFollower(log, new Screen(shown));
        next.skipTo(Files.size(log));
        cutTo("\33[?1049h1\n".length());
        next.rejoin();
        next.rejoin();
        assertThat(shown()).isEqualTo("\33[?1049h");
        append("\33[?1049l4\n");
        next.poll();
        assertThat(shown()).as("what is written again alike counts").isEqualTo("\33[?1049h\33[?1049l4\n");
    }

    /** Of a next runner, whose mark says that so much has been shown. */
    private LogFollower successor(long mark) throws IOException {
        LogFollower next = new LogFollower(log, shown, memory());
        next.skipTo(mark);
        return next;
    }

    private Path memory() {
        return folder.resolve("shown.stdout");
    }

    private String shown() {
        return shown.toString(UTF_8);
    }

    private void append(String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void cutTo(long length) throws IOException {
        try (FileChannel file = FileChannel.open(log, StandardOpenOption.WRITE)) {
            file.truncate(length);
        }
    }
}
