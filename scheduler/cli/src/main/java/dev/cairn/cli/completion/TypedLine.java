package dev.cairn.cli.completion;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A command line that is being typed.
 *
 * @param command the command that it names so far
 * @param operands the complete words that are neither commands nor options nor values of options
 * @param onlyOperands whether nothing but operands can follow: after {@code --} and after the program of an exec
 * @param option the option whose value the last word is
 * @param home the value of {@code --home}
 * @param last the last word as far as it is typed
 */
record TypedLine(
        CommandSpec command,
        List<String> operands,
        boolean onlyOperands,
        Optional<OptionSpec> option,
        Optional<String> home,
        String last) {

    static TypedLine read(CommandLine root, List<String> words) {
        CommandSpec command = root.getCommandSpec();
        List<String> operands = new ArrayList<>();
        Optional<OptionSpec> option = Optional.empty();
        Optional<String> home = Optional.empty();
        boolean onlyOperands = false;
        for (String word : words.subList(0, words.size() - 1)) {
            if (option.isPresent()) {
                home = option.get().longestName().equals("--home") ? Optional.of(word) : home;
                option = Optional.empty();
            } else if (word.equals("--")) {
                onlyOperands = true;
            } else if (word.startsWith("--home=")) {
                home = Optional.of(word.substring("--home=".length()));
            } else if (word.startsWith("-") && !onlyOperands) {
                option = Optional.ofNullable(command.findOption(word))
                        .filter(found -> found.arity().max() > 0);
            } else if (operands.isEmpty() && command.subcommands().containsKey(word)) {
                command = command.subcommands().get(word).getCommandSpec();
            } else {
                operands.add(word);
                onlyOperands |= isProgram(command);
            }
        }
        return new TypedLine(command, operands, onlyOperands, option, home, words.get(words.size() - 1));
    }

    /** Whether the first operand is another program, so that all that follows is for that program. */
    private static boolean isProgram(CommandSpec command) {
        return command.positionalParameters().stream()
                .anyMatch(parameter -> parameter.paramLabel().equals("COMMAND"));
    }
}
