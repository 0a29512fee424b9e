package dev.cairn.files;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * An append-only file of one JSON object a line. Each line is one write, so that lines of several writers do not mix.
 * If a power cut tore a line, the next writer ends it, and readers skip it. Thread-safe.
 */
public final class JsonLines implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();
    private final FileOutputStream out;
    private boolean torn;

    private JsonLines(FileOutputStream out) {
        this.out = out;
    }

    /** Opens the file for appending; makes it if it is missing. */
    public static JsonLines append(Path file) throws IOException {
        boolean torn = endsInTheMiddleOfALine(file);
        JsonLines lines = new JsonLines(DurableFiles.openForAppend(file));
        lines.torn = torn;
        return lines;
    }

    /** Ends a line that was torn on a full disk, before it appends. */
    public synchronized void add(ObjectNode line) throws IOException {
        String text = (torn ? "\n" : "") + JSON.writeValueAsString(line) + "\n";
        torn = true;
        out.write(text.getBytes(StandardCharsets.UTF_8));
        torn = false;
    }

    /** Makes all lines so far durable. */
    public void sync() throws IOException {
        out.getFD().sync();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    /** All complete lines; empty if there is no such file. */
    public static List<ObjectNode> read(Path file) throws IOException {
        List<ObjectNode> lines = new ArrayList<>();
        try {
            OrdinaryFile.ownText(file).lines().forEach(line -> parse(line).ifPresent(lines::add));
        } catch (NoSuchFileException none) {
            return List.of();
        }
        return lines;
    }

    private static Optional<ObjectNode> parse(String line) {
        try {
            return JSON.readTree(line) instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
        } catch (JacksonException torn) {
            return Optional.empty();
        }
    }

    private static boolean endsInTheMiddleOfALine(Path file) throws IOException {
        if (!Presence.isThere(file) || Files.size(file) == 0) {
            return false;
        }
        try (RandomAccessFile end = new RandomAccessFile(file.toFile(), "r")) {
            end.seek(end.length() - 1);
            return end.read() != '\n';
        }
    }
}
