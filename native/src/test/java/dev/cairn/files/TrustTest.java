package dev.cairn.files;

import static dev.cairn.files.OtherUsers.ALICE;
import static dev.cairn.files.OtherUsers.MALLORY;
import static dev.cairn.files.OtherUsers.give;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustTest {
    private static final int ROOT = 0;
    private static final int PROJECT = 60300;
    private static final Trust AS_ALICE = new Trust(new Caller(ALICE, Set.of(ALICE, PROJECT), ROOT));
    private static final Trust AS_ROOT = new Trust(new Caller(ROOT, Set.of(ROOT), ROOT));

    @TempDir
    private Path folder;

    @BeforeEach
    void asRoot() {
        OtherUsers.assumeRoot();
    }

    @Test
    void allowsWhatBelongsToTheCallerOrToRoot() throws Exception {
        allows(AS_ALICE, made("own", ALICE, ALICE, 0755));
        allows(AS_ALICE, made("roots", ROOT, ROOT, 0755));
        allows(AS_ROOT, made("own-too", ROOT, ROOT, 0700));
        allows(AS_ALICE, folder.resolve("not/yet/there"));
    }

    @Test
    void refusesWhatAnotherUserOwns() throws Exception {
        refuses(AS_ALICE, made("planted", MALLORY, MALLORY, 0755), "belongs to 60218");
        refuses(AS_ROOT, made("users", ALICE, ALICE, 0700), "sudo -u 60217");
        Path file = Files.createFile(made("own", ALICE, ALICE, 0755).resolve("config.yaml"));
        refuses(AS_ALICE, give(file, MALLORY, MALLORY, 0600), "belongs to");
    }

    @Test
    void refusesWhatOthersCanWrite() throws Exception {
        refuses(AS_ALICE, made("open", ALICE, ALICE, 0777), "everyone can write it");
        refuses(AS_ALICE, made("drop-box", ALICE, ALICE, 01777), "everyone can write it");
        refuses(AS_ALICE, made("shared", ALICE, PROJECT, 0775), "the group 60300 can write it");
        allows(AS_ALICE, made("private-group", ALICE, ALICE, 0775));
    }

    @Test
    void allowsColleaguesToWriteWhatIsShared() throws Exception {
        AS_ALICE.checkShared(made("shared", ALICE, PROJECT, 0775));
        AS_ALICE.checkShared(made("colleagues", MALLORY, PROJECT, 0775));
        AS_ROOT.checkShared(made("users", ALICE, ALICE, 0755));
        assertThatThrownBy(() -> AS_ALICE.checkShared(made("open", ALICE, ALICE, 0777)))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("everyone can write it");
        assertThatThrownBy(() -> AS_ALICE.checkShared(made("foreign", ALICE, 60999, 0775)))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("the group 60999 can write it");
        Path replaceable = made("drop", ROOT, ROOT, 0777).resolve("flow.yaml");
        Files.createFile(replaceable);
        assertThatThrownBy(() -> AS_ALICE.checkShared(replaceable))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("everyone could replace it");
    }

    @Test
    void refusesWhatWasPlantedWhereASharedFileLooks() throws Exception {
        Path tmp = made("tmp", ROOT, ROOT, 01777);
        Path flow = give(Files.createFile(tmp.resolve("flow.yaml")), ALICE, ALICE, 0644);
        Path planted = give(Files.createFile(tmp.resolve("planted.env")), MALLORY, MALLORY, 0644);
        Path below = give(Files.createDirectory(tmp.resolve("below")), MALLORY, MALLORY, 0755);
        give(Files.createFile(below.resolve("x.env")), MALLORY, MALLORY, 0644);
        for (Path file : List.of(planted, below.resolve("x.env"), link(tmp.resolve("link.env"), flow, MALLORY))) {
            assertThatThrownBy(() -> AS_ALICE.checkNamed(file, flow))
                    .isInstanceOf(UntrustedException.class)
                    .hasMessageContaining("60218 has put");
        }
        Path colleagues = give(Files.createFile(tmp.resolve("colleagues.yaml")), MALLORY, MALLORY, 0644);
        AS_ALICE.checkNamed(planted, colleagues);
        AS_ALICE.checkNamed(give(Files.createFile(tmp.resolve("own.env")), ALICE, ALICE, 0600), flow);
        AS_ALICE.checkNamed(give(Files.createFile(tmp.resolve("roots.env")), ROOT, ROOT, 0644), flow);
        AS_ALICE.checkNamed(tmp.resolve("not-yet.env"), flow);
        AS_ALICE.checkNamed(made("colleagues", MALLORY, PROJECT, 0775), flow);
    }

    @Test
    void readsNothingThatHasTakenTheNameSinceItWasLookedAt() throws Exception {
        Path tmp = made("tmp", ROOT, ROOT, 01777);
        Path flow = give(Files.createFile(tmp.resolve("flow.yaml")), ALICE, ALICE, 0644);
        Path late = tmp.resolve("late.env");
        assertThatThrownBy(() -> AS_ALICE.readingNamed(late, flow, () -> put(late, MALLORY)))
                .isInstanceOf(NoSuchFileException.class);
        Path own = put(tmp.resolve("own.env"), ALICE);
        assertThatThrownBy(() -> AS_ALICE.readingNamed(own, flow, () -> put(own, MALLORY)))
                .hasMessageContaining("60218 has put");
        put(own, ALICE);
        assertThatThrownBy(() -> AS_ALICE.readingNamed(own, flow, () -> put(own, ALICE)))
                .hasMessageContaining("replaced while it was read");
        assertThat(AS_ALICE.readingNamed(own, flow, () -> Files.readString(own)))
                .isEmpty();
    }

    /** A new file in the place of what is there. */
    private static Path put(Path file, int user) throws IOException {
        Path fresh = Files.createTempFile(file.getParent(), "new", "");
        return Files.move(give(fresh, user, user, 0644), file, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void refusesWhatOthersCouldReplace() throws Exception {
        refuses(AS_ALICE, own(made("open", ROOT, ROOT, 0777)), "everyone could replace it");
        refuses(AS_ALICE, own(made("mallorys", MALLORY, MALLORY, 0755)), "60218, to whom");
        refuses(AS_ALICE, own(made("others", ROOT, 60999, 0775)), "the group 60999 could replace it");
        refuses(AS_ALICE, folder.resolve("open/not-yet"), "everyone could replace it");
        allows(AS_ALICE, own(made("tmp", ROOT, ROOT, 01777)));
        allows(AS_ALICE, own(made("project", ROOT, PROJECT, 02775)));
        allows(AS_ALICE, own(made("private-group", ALICE, ALICE, 0775)));
        Path roots = give(Files.createDirectory(made("home", ALICE, ALICE, 0755).resolve("x")), ROOT, ROOT, 0755);
        refuses(AS_ROOT, roots, "60217, to whom");
    }

    @Test
    void followsTheLinksOfTheTrustedOnly() throws Exception {
        Path home = made("home", ALICE, ALICE, 0700);
        Path tmp = made("tmp", ROOT, ROOT, 01777);
        allows(AS_ALICE, link(tmp.resolve("alices"), home, ALICE));
        refuses(AS_ALICE, link(tmp.resolve("mallorys"), home, MALLORY), "the link");
        Path target = own(made("open", ROOT, ROOT, 0777));
        refuses(AS_ALICE, link(tmp.resolve("into-the-open"), target, ALICE), "everyone could replace it");
        refuses(AS_ALICE, link(tmp.resolve("up"), Path.of("../open/own"), ALICE), "everyone could replace it");
    }

    @Test
    void givesUpOnACircleOfLinks() throws Exception {
        Path circle = link(folder.resolve("a"), Path.of("b"), ROOT);
        link(folder.resolve("b"), Path.of("a"), ROOT);
        assertThatThrownBy(() -> AS_ROOT.check(circle)).isInstanceOf(FileSystemLoopException.class);
    }

    private Path made(String name, int user, int group, int mode) throws IOException {
        return give(Files.createDirectory(folder.resolve(name)), user, group, mode);
    }

    private static Path own(Path parent) throws IOException {
        return give(Files.createDirectory(parent.resolve("own")), ALICE, ALICE, 0700);
    }

    private static Path link(Path link, Path target, int owner) throws IOException {
        return give(Files.createSymbolicLink(link, target), owner, owner, 0);
    }

    private static void allows(Trust trust, Path path) {
        assertThatCode(() -> trust.check(path)).doesNotThrowAnyException();
    }

    private static void refuses(Trust trust, Path path, String why) {
        assertThatThrownBy(() -> trust.check(path))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining(path.getFileName().toString())
                .hasMessageContaining(why);
    }
}
