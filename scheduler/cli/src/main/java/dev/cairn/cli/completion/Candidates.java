package dev.cairn.cli.completion;

import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.run.home.CairnHome;
import dev.cairn.run.home.RunStore;
import dev.cairn.run.manifest.RunManifest;
import dev.cairn.run.manifest.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What a word of a typed line may be: commands and options of the tree, and names that the home knows. */
final class Candidates {
    /** Commands about runs that have not ended. */
    private static final Set<String> OF_RUNNING = Set.of("checkpoint", "pause", "cancel", "approve");

    /** Commands about runs that have not succeeded. */
    private static final Set<String> OF_UNFINISHED = Set.of("resume", "unpause");

    /** Of the newest runs it reads at most so many, since a person waits. */
    private static final int MOST_RUNS = 200;

    private final CompositionRoot composition;

    Candidates(CompositionRoot composition) {
        this.composition = composition;
    }

    List<String> of(TypedLine line) {
        CommandSpec command = line.command();
        if (line.option().isPresent()) {
            return values(line, line.option().get());
        }
        if (line.last().startsWith("-") && !line.onlyOperands()) {
            return command.options().stream()
                    .filter(option -> !option.hidden())
                    .flatMap(option -> Stream.of(option.names()))
                    .toList();
        }
        if (!command.subcommands().isEmpty() && line.operands().isEmpty()) {
            return command.subcommands().entrySet().stream()
                    .filter(entry ->
                            !entry.getValue().getCommandSpec().usageMessage().hidden())
                    .map(Map.Entry::getKey)
                    .toList();
        }
        return command.positionalParameters().stream()
                .filter(parameter -> parameter.index().contains(line.operands().size()))
                .findFirst()
                .map(parameter -> values(line, parameter))
                .orElse(List.of());
    }

    private List<String> values(TypedLine line, ArgSpec argument) {
        if (argument.completionCandidates() != null) {
            return StreamSupport.stream(argument.completionCandidates().spliterator(), false)
                    .toList();
        }
        if (argument.type().isEnum()) {
            return Stream.of(argument.type().getEnumConstants())
                    .map(Object::toString)
                    .toList();
        }
        try {
            return switch (argument.paramLabel()) {
                case "NAME" -> isOfRuns(line, argument) ? names(line) : List.of();
                case "STEP", "[STEP:]SEQ" -> steps(line);
                default -> List.of();
            };
        } catch (IOException | RuntimeException unreadable) {
            return List.of(); // the command itself says why
        }
    }

    /** NAME as an operand means a run, except below {@code schedule}; as the value of an option it is a new name. */
    private static boolean isOfRuns(TypedLine line, ArgSpec argument) {
        CommandSpec above = line.command().parent();
        return !(argument instanceof OptionSpec)
                && (above == null || !above.name().equals("schedule"));
    }

    private Optional<CairnHome> home(TypedLine line) throws IOException {
        return line.home().isPresent()
                ? Optional.of(CairnHome.at(Path.of(line.home().get()).toAbsolutePath()))
                : composition.homeHere();
    }

    private List<RunManifest> newest(TypedLine line) throws IOException {
        Optional<CairnHome> home = home(line);
        if (home.isEmpty()) {
            return List.of();
        }
        List<RunManifest> runs = new ArrayList<>();
        new RunStore(home.get())
                .all().stream()
                        .sorted(Comparator.comparing(RunStore::second).reversed())
                        .limit(MOST_RUNS)
                        .forEach(folder -> {
                            try {
                                runs.add(RunManifest.read(folder));
                            } catch (IOException unreadable) {
                                // 'cairn ps' names it
                            }
                        });
        return runs;
    }

    /** Keys, names of execs, and ids, the newest first. */
    private List<String> names(TypedLine line) throws IOException {
        String command = line.command().name();
        return newest(line).stream()
                .filter(run -> !OF_RUNNING.contains(command) || !run.state().isFinal())
                .filter(run -> !OF_UNFINISHED.contains(command) || run.state() != RunState.SUCCEEDED)
                .flatMap(run -> Stream.concat(run.origin().key().stream(), Stream.of(run.id())))
                .distinct()
                .toList();
    }

    /** The steps of the named run, or of the newest one, by their labels: {@code align[s2]}. */
    private List<String> steps(TypedLine line) throws IOException {
        List<RunManifest> runs = newest(line);
        Optional<RunManifest> run = line.operands().stream()
                .flatMap(name -> runs.stream().filter(candidate -> isNamed(candidate, name)))
                .findFirst();
        return run.or(() -> runs.stream().findFirst())
                .map(found -> found.steps().keySet().stream().map(found::label).toList())
                .orElse(List.of());
    }

    private static boolean isNamed(RunManifest run, String name) {
        return run.id().equals(name) || run.origin().key().filter(name::equals).isPresent();
    }
}
