package dev.cairn.workflow.resolve;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Finds the user's own programs in a command: words that name an existing file that is executable, begins with {@code
 * #!}, or has the extension of a script. Data files and files installed by the system do not count.
 */
final class ScriptFiles {

    private static final int MOST_WORDS = 2000;
    private static final long MOST_BYTES = 64L << 20;
    private static final Set<String> ENDINGS =
            Set.of("sh", "bash", "py", "r", "pl", "rb", "jl", "js", "lua", "m", "tcl", "awk", "sed", "sql", "jar");
    private static final List<Path> INSTALLED =
            List.of(Path.of("/usr"), Path.of("/bin"), Path.of("/sbin"), Path.of("/lib"), Path.of("/lib64"));

    private ScriptFiles() {}

    /** @param made files that the step itself writes, which are not its scripts */
    static List<Path> in(List<String> command, Path workingDirectory, Collection<Path> made) {
        Set<Path> found = new LinkedHashSet<>();
        for (String word : words(command)) {
            try {
                Path path = workingDirectory.resolve(word).normalize();
                if (!made.contains(path) && INSTALLED.stream().noneMatch(path::startsWith) && isScript(path)) {
                    found.add(path);
                }
            } catch (InvalidPathException e) {
                continue; // no file can have this name
            }
        }
        return List.copyOf(found);
    }

    private static List<String> words(List<String> command) {
        List<String> words = new ArrayList<>();
        for (String argument : command) {
            for (String word : argument.split("[\\s;|&<>()'\"`]+")) {
                if (!word.isEmpty() && word.length() < 4096 && words.size() < MOST_WORDS) {
                    words.add(word);
                }
            }
        }
        return words;
    }

    private static boolean isScript(Path path) {
        try {
            return Files.isRegularFile(path)
                    && Files.size(path) <= MOST_BYTES
                    && (Files.isExecutable(path) || hasScriptEnding(path) || hasShebang(path));
        } catch (IOException e) {
            return false; // unreadable now; the step itself will report it
        }
    }

    private static boolean hasScriptEnding(Path path) {
        String name = path.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 && ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    private static boolean hasShebang(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return in.read() == '#' && in.read() == '!';
        }
    }
}
