package dev.cairn.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * The owner and permissions of a file, a folder or a link, according to the file system. Names of users are looked up
 * only when needed, because that may query a directory service.
 *
 * @param mode type and permissions, as in {@code st_mode}
 * @param size in bytes
 * @param key device and inode, which identify the file
 */
record FileOwner(Path path, int user, int group, int mode, long size, Object key) {
    private static final int TYPE = 0170000;
    private static final int LINK = 0120000;
    private static final int FOLDER = 0040000;
    private static final int ORDINARY = 0100000;
    private static final int STICKY = 01000;
    private static final int GROUP_WRITES = 020;
    private static final int OTHERS_WRITE = 02;

    /** Does not follow a link: returns the owner of the link itself. */
    static FileOwner of(Path path) throws IOException {
        return read(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Follows a link: returns the owner of its target. */
    static FileOwner behind(Path path) throws IOException {
        return read(path);
    }

    private static FileOwner read(Path path, LinkOption... options) throws IOException {
        Map<String, Object> all = Files.readAttributes(path, "unix:uid,gid,mode,size,fileKey", options);
        long size = (long) Objects.requireNonNull(all.get("size"));
        return new FileOwner(
                path,
                number(all, "uid"),
                number(all, "gid"),
                number(all, "mode"),
                size,
                Objects.requireNonNull(all.get("fileKey")));
    }

    private static int number(Map<String, Object> all, String name) {
        return (int) Objects.requireNonNull(all.get(name));
    }

    /** The name of the user; the number if it has none. */
    String userName() throws IOException {
        return Files.getOwner(path, links()).getName();
    }

    /** The name of the group; the number if it has none. */
    String groupName() throws IOException {
        return Files.getAttribute(path, "posix:group", links()).toString();
    }

    private LinkOption[] links() {
        return isLink() ? new LinkOption[] {LinkOption.NOFOLLOW_LINKS} : new LinkOption[0];
    }

    boolean isLink() {
        return (mode & TYPE) == LINK;
    }

    boolean isFolder() {
        return (mode & TYPE) == FOLDER;
    }

    boolean isOrdinary() {
        return (mode & TYPE) == ORDINARY;
    }

    /** Whether each user may move and delete only their own files in this folder. */
    boolean isSticky() {
        return (mode & STICKY) != 0;
    }

    boolean groupWrites() {
        return (mode & GROUP_WRITES) != 0;
    }

    boolean othersWrite() {
        return (mode & OTHERS_WRITE) != 0;
    }

    /**
     * Whether the group has the user's own name. Systems with such groups use the umask 002, which makes files
     * group-writable.
     */
    boolean isGroupOfUser() throws IOException {
        return groupName().equals(userName());
    }
}
