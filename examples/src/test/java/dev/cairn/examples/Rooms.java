package dev.cairn.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Folders for runs to happen in, which every user can reach, deleted when the tests end. Thread-safe. */
final class Rooms {
    private static int made;
    private static Path building = Path.of("");

    private Rooms() {}

    /** A folder that does not exist yet, in one that does. */
    static synchronized Path next(String name) throws IOException {
        if (made++ == 0) {
            building = Files.createTempDirectory("cairn-examples");
            Files.setPosixFilePermissions(building, PosixFilePermissions.fromString("rwxr-xr-x"));
            Path all = building;
            Runtime.getRuntime().addShutdownHook(new Thread(() -> Trees.delete(all)));
        }
        return building.resolve(name + "-" + made);
    }
}
