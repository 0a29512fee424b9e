package dev.cairn.workflow;

import dev.cairn.workflow.internal.read.WorkflowReader;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Joins the text of a workflow file and the texts of the files that its steps use into one text with one digest. A run
 * keeps this text, and {@link Workflows#read(String, Path)} reads it. If the steps use no files, it is the text of the
 * file alone. Stateless; any thread.
 */
public final class WorkflowText {
    private static final String HEADER = "--- # cairn part: ";
    private static final Pattern SECTION = Pattern.compile("(?:^|\n)" + Pattern.quote(HEADER) + "([^\n]*)\n");
    private static final int MOST_PARTS = 256;

    private WorkflowText() {}

    /** Reads the text of a file. */
    @FunctionalInterface
    public interface Source {
        /**
         * @param by the workflow file whose steps use the file, or the file itself
         * @throws NoSuchFileException if there is no such file
         */
        String read(Path file, Path by) throws IOException;
    }

    /**
     * Reads a workflow file and the files that its steps use. Leaves out a file that does not exist; {@link
     * Workflows#read(String, Path)} reports it.
     */
    public static String gather(Path file, Source source) throws IOException {
        String main = source.read(file, file);
        Path absolute = file.toAbsolutePath().normalize();
        StringBuilder all = new StringBuilder(main);
        for (Map.Entry<Path, String> part : parts(main, absolute, source).entrySet()) {
            all.append('\n').append(HEADER).append(folder(absolute).relativize(part.getKey()));
            all.append('\n').append(part.getValue());
        }
        return all.toString();
    }

    private static Map<Path, String> parts(String main, Path file, Source source) throws IOException {
        Map<Path, String> found = new LinkedHashMap<>();
        if (SECTION.matcher(main).find()) {
            return found; // another step uses it, so it has been read already
        }
        Deque<Path> named = new ArrayDeque<>(uses(main, file));
        for (Path part = named.poll(); part != null; part = named.poll()) {
            if (found.containsKey(part) || part.equals(file)) {
                continue;
            }
            if (found.size() == MOST_PARTS) {
                throw new IOException(file + " uses more than " + MOST_PARTS + " workflow files");
            }
            try {
                String text = source.read(part, file);
                found.put(part, text);
                named.addAll(uses(text, part));
            } catch (NoSuchFileException reportedWhereItIsUsed) {
                continue;
            }
        }
        return found;
    }

    /** The absolute paths of the files that the steps of a text use. */
    private static List<Path> uses(String text, Path file) {
        if (!text.contains(".yaml") && !text.contains(".yml")) {
            return List.of(); // skips a second parse for nearly every file
        }
        return WorkflowReader.read(text, file, new Problems(file.toString()))
                .map(Workflow::steps)
                .orElse(List.of())
                .stream()
                .flatMap(step -> step.part().stream())
                .map(part -> part.resolve(file))
                .toList();
    }

    /** The absolute paths of the files whose texts it holds, the workflow file first. */
    public static List<Path> files(String text, Path file) {
        return List.copyOf(split(text, file.toAbsolutePath().normalize()).keySet());
    }

    /** The texts by absolute path, the text of {@code file} first. */
    static Map<Path, String> split(String text, Path file) {
        Map<Path, String> texts = new LinkedHashMap<>();
        if (!text.contains(HEADER)) {
            return Map.of(file, text);
        }
        Matcher section = SECTION.matcher(text);
        Path at = file;
        int from = 0;
        while (section.find()) {
            texts.putIfAbsent(at, text.substring(from, section.start()));
            at = folder(file).resolve(section.group(1)).normalize();
            from = section.end();
        }
        texts.putIfAbsent(at, text.substring(from));
        return texts;
    }

    private static Path folder(Path file) {
        Path folder = file.getParent();
        return folder == null ? file : folder;
    }
}
