package dev.cairn.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** As whom Cairn is run. */
enum Caller {
    /** The user who runs the tests. */
    SELF(List.of()),
    /** A user without any privilege; only root can switch to it. */
    ORDINARY_USER(List.of("setpriv", "--reuid", "60217", "--regid", "60217", "--clear-groups", "--")),
    /** An ordinary user who has an account, which {@code ./test} creates. */
    NAMED_USER(List.of("setpriv", "--reuid", "cairn-test", "--regid", "cairn-test", "--init-groups", "--"));

    private static final int UID = 60217;
    private final List<String> prefix;

    Caller(List<String> prefix) {
        this.prefix = prefix;
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** The least privileged that can be had here. */
    static Caller ordinary() {
        return isRoot() ? ORDINARY_USER : SELF;
    }

    /** The least privileged that has an account here; Slurm and Snakemake ask for its name. */
    static Caller named() {
        return isRoot() ? NAMED_USER : SELF;
    }

    /** What to put before a command. */
    List<String> prefix() {
        return prefix;
    }

    /** Makes everything in a folder the caller's own. */
    void own(Path folder) throws IOException {
        if (this == SELF) {
            return;
        }
        Object uid = this == NAMED_USER ? Files.getAttribute(Path.of("/home/cairn-test"), "unix:uid") : UID;
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Files.setAttribute(path, "unix:uid", uid);
                Files.setAttribute(path, "unix:gid", uid);
            }
        }
    }
}
