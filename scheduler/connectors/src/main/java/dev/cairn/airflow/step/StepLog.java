package dev.cairn.airflow.step;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** Appends whole lines to the step's log. Confined to one thread. */
final class StepLog {
    private final Path file;

    StepLog(Path file) {
        this.file = file;
    }

    void say(String line) throws IOException {
        append("airflow: " + line + "\n");
    }

    /** Appends a line that a task wrote itself. */
    void quote(String task, List<String> lines) throws IOException {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(task).append(" | ").append(line).append('\n'));
        append(text.toString());
    }

    private void append(String text) throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.write(file, text.getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);
    }
}
