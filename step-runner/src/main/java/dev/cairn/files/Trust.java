package dev.cairn.files;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The one rule for what Cairn acts upon: it belongs to the caller or to root, nobody else can write it, and nobody else could
 * replace it, nor a folder or link that leads to it.
 *
 * <p>Group-writable is allowed for the group that has the user's own name. Folders above may also be writable for groups that
 * the caller is in: who works in such a folder lets them change the programs there already, and what they put in the place of
 * something is theirs and so refused. A sticky folder above may be writable for everyone. Root does not act upon what belongs
 * to a user, who could change it meanwhile.
 *
 * <p>Immutable; any thread.
 */
public final class Trust {
    /** Who besides the caller and root may write something. */
    private enum Writers {
        NOBODY,
        /** Its owner, the owners of the folders above it, and the groups that the caller is in. */
        COLLEAGUES
    }

    private static final Path TOP = Path.of("/");
    private static final int MOST_LINKS = 40;

    private final Caller caller;

    Trust(Caller caller) {
        this.caller = caller;
    }

    public static Trust ofThisProcess() throws IOException {
        return new Trust(Caller.current());
    }

    /**
     * Of a name that does not exist, the folders that lead to it are judged.
     *
     * @throws UntrustedException when somebody else could have written it
     * @throws IOException when that cannot be told
     */
    public void check(Path path) throws IOException {
        check(path, Writers.NOBODY);
    }

    /**
     * The rule for files that users name themselves and share on purpose, such as workflows in a project's folder: its owner, those of
     * the folders that lead to it and the groups that the caller is in may write it too.
     *
     * @throws UntrustedException when anybody else could write or replace it
     * @throws IOException when that cannot be told
     */
    public void checkShared(Path path) throws IOException {
        check(path, Writers.COLLEAGUES);
    }

    private void check(Path path, Writers also) throws IOException {
        Deque<Path> names = new ArrayDeque<>();
        push(path.toAbsolutePath(), names);
        Path here = TOP;
        checkAbove(here, FileOwner.of(here), path, also);
        int links = 0;
        while (!names.isEmpty()) {
            String name = names.pop().toString();
            if (name.equals("..")) {
                here = here.getParent() == null ? TOP : here.getParent();
            } else if (!name.isEmpty() && !name.equals(".")) {
                Path next = here.resolve(name);
                FileOwner owner;
                try {
                    owner = FileOwner.of(next);
                } catch (NoSuchFileException notYet) {
                    return;
                }
                if (owner.isLink()) {
                    checkLink(next, owner, path, also);
                    if (++links > MOST_LINKS) {
                        throw new FileSystemLoopException(path.toString());
                    }
                    Path target = Files.readSymbolicLink(next);
                    here = target.isAbsolute() ? TOP : here;
                    push(target, names);
                } else {
                    if (names.isEmpty()) {
                        checkItself(next, owner, also);
                    } else {
                        checkAbove(next, owner, path, also);
                    }
                    here = next;
                }
            }
        }
    }

    private static void push(Path path, Deque<Path> names) {
        for (int i = path.getNameCount() - 1; i >= 0; i--) {
            names.push(path.getName(i));
        }
    }

    private void checkItself(Path path, FileOwner owner, Writers also) throws IOException {
        if (also == Writers.NOBODY && !caller.answersFor(owner.user())) {
            throw new UntrustedException(path, "it belongs to " + owner.userName(), remedyForOwner(owner));
        }
        if (owner.othersWrite()) {
            throw new UntrustedException(path, "everyone can write it", remedyForMode("go-w", path));
        }
        boolean colleagues = also == Writers.COLLEAGUES && caller.groups().contains(owner.group());
        if (owner.groupWrites() && !owner.isGroupOfUser() && !colleagues) {
            throw new UntrustedException(
                    path, "the group " + owner.groupName() + " can write it", remedyForMode("g-w", path));
        }
    }

    /** The owner of a link may have it lead anywhere. */
    private void checkLink(Path link, FileOwner owner, Path path, Writers also) throws IOException {
        if (also == Writers.NOBODY && !caller.answersFor(owner.user()) && owner.user() != caller.fileSystemOwner()) {
            throw new UntrustedException(
                    path, "the link " + link + " belongs to " + owner.userName(), remedyForOwner(owner));
        }
    }

    private void checkAbove(Path folder, FileOwner owner, Path path, Writers also) throws IOException {
        if (also == Writers.NOBODY && !caller.answersFor(owner.user()) && owner.user() != caller.fileSystemOwner()) {
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
                    "the group " + owner.groupName() + " could replace it, for it can write " + folder,
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
