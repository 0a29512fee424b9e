package dev.cairn.files;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;

/**
 * Deletes folders with their content. No other class does. Opens each folder relative to the folder above it, so that
 * it follows no symbolic link, not even one made during the removal. A link in a tree is itself deleted. Stateless; any
 * thread.
 */
public final class TreeRemoval {
    private TreeRemoval() {}

    /**
     * Deletes a file or folder. A missing one is no error.
     *
     * @param within a trusted folder; its path may contain links
     * @param tree in that folder, at any depth; no name on the way may be a link
     */
    public static void remove(Path within, Path tree) throws IOException {
        Path way = within.relativize(tree);
        if (way.startsWith("..") || way.toString().isEmpty() || !way.equals(way.normalize())) {
            throw new IllegalArgumentException(tree + " is not in " + within);
        }
        try (DirectoryStream<Path> folder = Files.newDirectoryStream(within.toRealPath())) {
            if (!(folder instanceof SecureDirectoryStream<Path> secure)) {
                throw new FileSystemException(
                        within.toString(), null, "cannot be deleted from safely on this file system");
            }
            remove(secure, within, way);
        } catch (NoSuchFileException gone) {
            // as wanted
        }
    }

    /** Deletes a file or folder in a trusted folder. A missing one is no error. */
    public static void remove(Path tree) throws IOException {
        Path absolute = tree.toAbsolutePath();
        Path parent = absolute.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("the root of all files is not deleted");
        }
        remove(parent, absolute);
    }

    private static void remove(SecureDirectoryStream<Path> folder, Path path, Path way) throws IOException {
        Path name = way.getName(0);
        if (way.getNameCount() == 1) {
            removeEntry(folder, path, name);
            return;
        }
        try (SecureDirectoryStream<Path> next = open(folder, path, name)) {
            remove(next, path.resolve(name), way.subpath(1, way.getNameCount()));
        }
    }

    private static void removeEntry(SecureDirectoryStream<Path> folder, Path path, Path name) throws IOException {
        boolean isFolder = folder.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes()
                .isDirectory();
        if (!isFolder) {
            folder.deleteFile(name);
            return;
        }
        try (SecureDirectoryStream<Path> tree = open(folder, path, name)) {
            for (Path entry : tree) {
                try {
                    removeEntry(tree, path.resolve(name), entry.getFileName());
                } catch (NoSuchFileException gone) {
                    // as wanted
                }
            }
        }
        folder.deleteDirectory(name);
    }

    private static SecureDirectoryStream<Path> open(SecureDirectoryStream<Path> folder, Path path, Path name)
            throws IOException {
        try {
            return folder.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException gone) {
            throw gone;
        } catch (IOException e) {
            if (isLink(folder, name)) {
                throw new FileSystemException(
                        path.resolve(name).toString(), null, "is a symbolic link, and nothing is deleted through one");
            }
            throw e;
        }
    }

    private static boolean isLink(SecureDirectoryStream<Path> folder, Path name) throws IOException {
        return folder.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes()
                .isSymbolicLink();
    }
}
