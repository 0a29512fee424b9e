package dev.cairn.files;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Files as other users leave them, which only root can make. */
public final class OtherUsers {
    public static final int ALICE = 60217;
    public static final int MALLORY = 60218;

    private OtherUsers() {}

    /** Skips the test for a user who cannot change the owner of files. */
    public static void assumeRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root to act as several users");
    }

    /** @param mode the permissions, sticky bit included, as chmod(1) takes them; of a link there are none */
    public static Path give(Path path, int user, int group, int mode) throws IOException {
        Files.setAttribute(path, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:gid", group, LinkOption.NOFOLLOW_LINKS);
        if (!Files.isSymbolicLink(path)) {
            Files.setAttribute(path, "unix:mode", mode);
        }
        return path;
    }
}
