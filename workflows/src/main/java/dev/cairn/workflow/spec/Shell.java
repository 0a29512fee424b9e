package dev.cairn.workflow.spec;

import java.util.ArrayList;
import java.util.List;

/**
 * The program that runs a script; immutable.
 *
 * @param words program and arguments; {@link #SCRIPT} is a placeholder for the script, which becomes one argument
 */
public record Shell(List<String> words) {

    public static final String SCRIPT = "{script}";

    /** Stops at the first failing command, also within a pipe, as {@code shell: bash} does on GitHub. */
    public static final Shell BASH =
            new Shell(List.of("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", SCRIPT));

    public static final Shell SH = new Shell(List.of("sh", "-e", "-c", SCRIPT));

    public static final Shell PYTHON = new Shell(List.of("python3", "-c", SCRIPT));

    public Shell {
        words = List.copyOf(words);
    }

    /** The command that runs {@code script}. */
    public List<String> command(String script) {
        List<String> command = new ArrayList<>(words);
        command.replaceAll(word -> word.equals(SCRIPT) ? script : word);
        return command;
    }
}
