package dev.cairn.cli.completion;

import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cairn complete}: what the completion scripts ask. Errors print nothing, since a person is typing. */
@Command(
        name = "complete",
        hidden = true,
        description =
                "Prints what the last of the given words may be, one candidate a line; nothing where a file is meant.")
public final class CompleteCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Function<List<String>, CommandLine> tree;

    @Parameters(paramLabel = "WORD", description = "The words after the program's name, after --.")
    private List<String> words = new ArrayList<>();

    /** @param tree the command line with at least the command that these words name */
    public CompleteCommand(CompositionRoot composition, Function<List<String>, CommandLine> tree) {
        this.composition = composition;
        this.tree = tree;
    }

    @Override
    public Integer call() {
        if (words.isEmpty()) {
            words.add("");
        }
        TypedLine line = TypedLine.read(tree.apply(words), words);
        String prefix = line.last();
        new Candidates(composition)
                .of(line).stream()
                        .filter(candidate -> candidate.startsWith(prefix))
                        .forEach(composition.console().out()::println);
        composition.console().out().flush();
        return ExitCode.OK;
    }
}
