package dev.cairn.files;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The rule for every file that Cairn acts upon: it belongs to the caller or to root, and nobody else can write it or
 * replace it, or any folder or link on the way to it.
 *
 * <p>Group-writable is allowed for the group that has the user's own name. Folders above may also be writable for the
 * caller's groups. A user who works in such a folder lets its members change the programs there anyway, and a file that
 * they replace belongs to them and is refused. A sticky folder above may be writable for everyone. Root does not act
 * upon a user's file, because the user could change it meanwhile.
 *
 * <p>Immutable; any thread.
 */
public final class Trust {
    /**
     * The users besides the caller and root who may write a file.
     *
     * @param colleagues whether its owner, the owners of the folders above it, and the caller's groups may write it
     * @param user who may own it in a folder where everyone can make files
     */
    private record Writers(boolean colleagues, int user) {
        static final Writers NOBODY = new Writers(false, Caller.ROOT);
    }

    private static final Path TOP = Path.of("/");
    private static final int MOST_LINKS = 40;

    /** Read once: a Java program does not change its user. */
    private static volatile @Nullable Trust ofThisProcess;

    private final Caller caller;

    Trust(Caller caller) {
        this.caller = caller;
    }

    public static Trust ofThisProcess() throws IOException {
        Trust known = ofThisProcess;
        if (known == null) {
            known = new Trust(Caller.current());
            ofThisProcess = known;
        }
        return known;
    }

    /**
     * For a name that does not exist, checks the folders that lead to it.
     *
     * @throws UntrustedException when another user could have written it
     * @throws IOException if that cannot be determined
     */
    public void check(Path path) throws IOException {
        walk(path, Writers.NOBODY);
    }

    /**
     * The rule for files that users name themselves and share on purpose, such as workflows in a project's folder: its owner, those of
     * the folders that lead to it and the groups that the caller is in may write it too.
     *
     * @throws UntrustedException when anybody else could write or replace it
     * @throws IOException if that cannot be determined
     */
    void checkShared(Path path) throws IOException {
        walk(path, shared(path));
    }

    /**
     * The rule for files that a shared file names, such as the secrets of a workflow. In folders where everyone can
     * make files, such as {@code /tmp}, such a file must belong to the caller, to root, or to the owner of the file
     * that names it. Any other file may have been planted.
     *
     * @param by the file or folder that the user has named
     * @throws UntrustedException if anybody else could write or replace it
     * @throws IOException if that cannot be determined
     */
    public void checkNamed(Path path, Path by) throws IOException {
        walk(path, shared(by));
    }

    /**
     * Checks a file by one of the rules above, reads it, and checks it again. Both checks must find the same file,
     * because a file that appeared in between may come from anybody. A file that passed a check can be replaced only by
     * users whom the rule allows.
     *
     * @throws java.nio.file.NoSuchFileException if it is missing at either check
     * @throws UntrustedException if another file has taken its place
     */
    private <T> T reading(Path path, Writers also, SteadyRead.Source<T> source) throws IOException {
        Object before = present(path, also);
        T content = source.read();
        if (!before.equals(present(path, also))) {
            throw new UntrustedException(path, "it was replaced while it was read", "Try again");
        }
        return content;
    }

    private Object present(Path path, Writers also) throws IOException {
        FileOwner found = walk(path, also);
        if (found == null) {
            throw new NoSuchFileException(path.toString());
        }
        return found.key();
    }

    /** Reads a file under the rule of {@link #check}. */
    <T> T reading(Path path, SteadyRead.Source<T> source) throws IOException {
        return reading(path, Writers.NOBODY, source);
    }

    /** Reads a file under the rule of {@link #checkShared}. */
    <T> T readingShared(Path path, SteadyRead.Source<T> source) throws IOException {
        return reading(path, shared(path), source);
    }

    /** Reads a file under the rule of {@link #checkNamed}. */
    <T> T readingNamed(Path path, Path by, SteadyRead.Source<T> source) throws IOException {
        return reading(path, shared(by), source);
    }

    private static Writers shared(Path named) throws IOException {
        try {
            return new Writers(true, FileOwner.behind(named).user());
        } catch (NoSuchFileException notYet) {
            return new Writers(true, Caller.ROOT);
        }
    }

    /** For a document of Cairn in a folder that was checked. */
    void checkOwn(Path file, FileOwner found) throws IOException {
        checkItself(file, found, Writers.NOBODY);
    }

    /** @return the file to which the path leads; null if it leads nowhere */
    private @Nullable FileOwner walk(Path path, Writers also) throws IOException {
        Deque<Path> names = new ArrayDeque<>();
        push(path.toAbsolutePath(), names);
        Path here = TOP;
        FileOwner above = FileOwner.of(here);
        checkAbove(here, above, path, also);
        int links = 0;
        while (!names.isEmpty()) {
            String name = names.pop().toString();
            if (name.equals("..")) {
                here = here.getParent() == null ? TOP : here.getParent();
                above = FileOwner.of(here);
            } else if (!name.isEmpty() && !name.equals(".")) {
                Path next = here.resolve(name);
                FileOwner owner;
                try {
                    owner = FileOwner.of(next);
                } catch (NoSuchFileException notYet) {
                    return null;
                }
                checkPlanted(owner, above, path, also);
                if (owner.isLink()) {
                    checkLink(next, owner, path, also);
                    if (++links > MOST_LINKS) {
                        throw new FileSystemLoopException(path.toString());
                    }
                    Path target = Files.readSymbolicLink(next);
                    here = target.isAbsolute() ? TOP : here;
                    above = FileOwner.of(here);
                    push(target, names);
                } else {
                    if (names.isEmpty()) {
                        checkItself(next, owner, also);
                    } else {
                        checkAbove(next, owner, path, also);
                    }
                    here = next;
                    above = owner;
                }
            }
        }
        return above;
    }

    private static void push(Path path, Deque<Path> names) {
        for (int i = path.getNameCount() - 1; i >= 0; i--) {
            names.push(path.getName(i));
        }
    }

    private void checkItself(Path path, FileOwner owner, Writers also) throws IOException {
        if (!also.colleagues() && !caller.answersFor(owner.user())) {
            throw new UntrustedException(path, "it belongs to " + owner.userName(), remedyForOwner(owner));
        }
        if (owner.othersWrite()) {
            throw new UntrustedException(path, "everyone can write it", remedyForMode("go-w", path));
        }
        boolean colleagues = also.colleagues() && caller.groups().contains(owner.group());
        if (owner.groupWrites() && !owner.isGroupOfUser() && !colleagues) {
            throw new UntrustedException(
                    path, "the group " + owner.groupName() + " can write it", remedyForMode("g-w", path));
        }
    }

    /** Refuses a folder that others can write, unless it is sticky. */
    private void checkPlanted(FileOwner owner, FileOwner folder, Path path, Writers also) throws IOException {
        boolean everyone = folder.isSticky() && folder.othersWrite();
        if (also.colleagues()
                && everyone
                && !caller.answersFor(owner.user())
                && owner.user() != folder.user()
                && owner.user() != also.user()) {
            throw new UntrustedException(
                    path,
                    owner.userName() + " has put " + owner.path() + " there, and everyone could have",
                    remedyForOwner(owner));
        }
    }

    /** The owner of a link can redirect it. */
    private void checkLink(Path link, FileOwner owner, Path path, Writers also) throws IOException {
        if (!also.colleagues() && !caller.answersFor(owner.user()) && owner.user() != caller.fileSystemOwner()) {
            throw new UntrustedException(
                    path, "the link " + link + " belongs to " + owner.userName(), remedyForOwner(owner));
        }
    }

    private void checkAbove(Path folder, FileOwner owner, Path path, Writers also) throws IOException {
        if (!also.colleagues() && !caller.answersFor(owner.user()) && owner.user() != caller.fileSystemOwner()) {
            throw new UntrustedException(
                    path,
                    owner.userName() + ", to whom " + folder + " belongs, could replace it",
                    remedyForOwner(owner));
        }
        if (owner.isSticky()) {
            return;
        }
        if (owner.othersWrite()) {
            throw new UntrustedException(
                    path, "everyone could replace it, for they can write " + folder, remedyForMode("+t", folder));
        }
        if (owner.groupWrites() && !owner.isGroupOfUser() && !caller.groups().contains(owner.group())) {
            throw new UntrustedException(
                    path,
                    "the group " + owner.groupName() + " could replace it, because it can write " + folder,
                    remedyForMode("+t", folder));
        }
    }

    private String remedyForOwner(FileOwner owner) throws IOException {
        return caller.isRoot()
                ? "Run this as that user (sudo -u " + owner.userName() + "), or use one of root's own"
                : "Use one of your own";
    }

    private static String remedyForMode(String mode, Path path) {
        return "If nobody has meddled with it: chmod " + mode + " " + path;
    }
}
