package dev.cairn.cli;

import dev.cairn.cli.airflow.AirflowCommand;
import dev.cairn.cli.completion.CompleteCommand;
import dev.cairn.cli.completion.CompletionCommand;
import dev.cairn.cli.daemon.DaemonCommand;
import dev.cairn.cli.image.ImageCommand;
import dev.cairn.cli.run.ApproveCommand;
import dev.cairn.cli.run.CancelCommand;
import dev.cairn.cli.run.CheckpointCommand;
import dev.cairn.cli.run.ExecCommand;
import dev.cairn.cli.run.GcCommand;
import dev.cairn.cli.run.LogsCommand;
import dev.cairn.cli.run.NotifyCommand;
import dev.cairn.cli.run.PauseCommand;
import dev.cairn.cli.run.PsCommand;
import dev.cairn.cli.run.ReportCommand;
import dev.cairn.cli.run.ResumeCommand;
import dev.cairn.cli.run.RunCommand;
import dev.cairn.cli.run.ShowCommand;
import dev.cairn.cli.run.UnpauseCommand;
import dev.cairn.cli.schedule.ScheduleCommand;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ErrorReport;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.GlobalOptions;
import dev.cairn.cli.shared.Unloadable;
import dev.cairn.cli.slurm.SlurmCommand;
import dev.cairn.cli.trial.TryCommand;
import dev.cairn.cli.ui.UiCommand;
import dev.cairn.cli.workflow.PlanCommand;
import dev.cairn.cli.workflow.SchemaCommand;
import dev.cairn.cli.workflow.ValidateCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;

/** All commands by name. Only the requested one is loaded, so that the start stays fast. */
public final class CommandTree {
    private final Console console;
    private final GlobalOptions options = new GlobalOptions();
    private final Map<String, Supplier<Object>> commands = new LinkedHashMap<>();

    public CommandTree(Console console) {
        this.console = console;
        CompositionRoot composition = new CompositionRoot(console, options);
        commands.put("run", () -> new RunCommand(composition));
        commands.put("resume", () -> new ResumeCommand(composition));
        commands.put("exec", () -> ExecCommand.line(composition));
        commands.put("try", () -> TryCommand.line(composition));
        commands.put("ps", () -> new PsCommand(composition));
        commands.put("show", () -> new ShowCommand(composition));
        commands.put("logs", () -> new LogsCommand(composition));
        commands.put("report", () -> new ReportCommand(composition));
        commands.put("checkpoint", () -> new CheckpointCommand(composition));
        commands.put("pause", () -> new PauseCommand(composition));
        commands.put("unpause", () -> new UnpauseCommand(composition));
        commands.put("approve", () -> new ApproveCommand(composition));
        commands.put("cancel", () -> new CancelCommand(composition));
        commands.put("notify", () -> new NotifyCommand(composition));
        commands.put("validate", () -> new ValidateCommand(composition));
        commands.put("plan", () -> new PlanCommand(composition));
        commands.put("image", () -> ImageCommand.tree(composition));
        commands.put("check", () -> new CheckCommand(composition));
        commands.put("slurm", () -> SlurmCommand.tree(composition));
        commands.put("gc", () -> new GcCommand(composition));
        commands.put("schedule", () -> ScheduleCommand.tree(composition));
        commands.put("daemon", () -> DaemonCommand.tree(composition));
        commands.put("ui", () -> new UiCommand(composition));
        commands.put("airflow", () -> AirflowCommand.tree(composition));
        commands.put("schema", () -> new SchemaCommand(console));
        commands.put("completion", () -> new CompletionCommand(console));
        commands.put("complete", () -> new CompleteCommand(composition, this::tree));
    }

    Set<String> names() {
        return commands.keySet();
    }

    /** Parses and runs the command and reports errors. Returns the exit code and throws nothing. */
    public int execute(String... args) {
        CommandLine root = root();
        try {
            wanted(args).forEach((name, command) -> root.addSubcommand(name, command.get()));
            return configured(root).execute(args);
        } catch (LinkageError | ServiceConfigurationError unloadable) { // before any command was
            console.say("cairn: " + Unloadable.message(unloadable).orElseThrow());
            return ExitCode.IO;
        }
    }

    /** The tree with every command. */
    CommandLine whole() {
        return tree(List.of(""));
    }

    /** The root with the command that all words but the last name, or with every command. */
    private CommandLine tree(List<String> words) {
        CommandLine root = root();
        wanted(words.subList(0, words.size() - 1).toArray(String[]::new))
                .forEach((name, command) -> root.addSubcommand(name, command.get()));
        return configured(root);
    }

    private CommandLine root() {
        return new CommandLine(new RootCommand(options));
    }

    /** The command named by the first argument that is no option; all commands if it names none. */
    private Map<String, Supplier<Object>> wanted(String... args) {
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--home") || args[i].equals("--color")) {
                i++;
            } else if (!args[i].startsWith("-")) {
                Supplier<Object> command = commands.get(args[i]);
                return command == null ? commands : Map.of(args[i], command);
            }
        }
        return commands;
    }

    private CommandLine configured(CommandLine root) {
        ErrorReport errors = new ErrorReport(console, options);
        root.getSubcommands()
                .values()
                .forEach(command -> command.getCommandSpec().usageMessage().sortOptions(false));
        return root.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8))
                .setParameterExceptionHandler(errors)
                .setExecutionExceptionHandler(errors)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(false)
                .setUsageHelpWidth(100);
    }
}
