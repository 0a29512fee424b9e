package dev.cairn.cli.schedule;

import dev.cairn.cli.shared.AddedSchedules;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.cli.shared.StoreOptions;
import dev.cairn.daemon.TickInputs;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.schedule.ScheduleEntry;
import dev.cairn.schedule.ScheduledWorkflow;
import dev.cairn.schedule.store.Database;
import dev.cairn.schedule.store.Registrar;
import dev.cairn.workflow.WorkflowText;
import dev.cairn.workflow.problem.Problem;
import dev.cairn.workflow.spec.Schedule;
import dev.cairn.workflow.spec.Workflow;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cairn schedule add}. */
@Command(name = "add", description = "Adds or updates the schedules of workflow files, all of them or none.")
final class ScheduleAddCommand implements Callable<Integer> {
    private final CompositionRoot composition;
    private final Console console;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "A workflow file.")
    private List<Path> files = List.of();

    @Mixin
    private StoreOptions store;

    ScheduleAddCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    private record Read(Workflow workflow, String content, Path home) {}

    @Override
    public Integer call() throws IOException, CliException {
        Instant now = composition.clock().instant();
        List<Read> read = new ArrayList<>();
        for (Path file : files) {
            read.add(read(file, now));
        }
        Database database = store.open(composition);
        Registrar registrar = new Registrar(ZoneId.systemDefault());
        List<ScheduleEntry> added = database.transact(tables -> {
            List<ScheduleEntry> entries = new ArrayList<>();
            for (Read one : read) {
                ScheduledWorkflow row = registrar.add(tables, one.workflow(), one.content(), one.home(), now);
                entries.addAll(tables.schedulesOf(row.id()));
            }
            return entries;
        });
        added.forEach(entry -> console.out().println(entry.id() + "  " + ScheduleText.next(entry)));
        if (store.url(composition).isEmpty()) {
            AddedSchedules.sayWhenNobodyWorks(composition);
        }
        return ExitCode.OK;
    }

    private Read read(Path file, Instant now) throws IOException, CliException {
        Workflow workflow = composition.workflowFiles().read(file);
        if (workflow.schedules().isEmpty()) {
            throw new CliException(ExitCode.USAGE, file + ": the workflow has no 'schedule'");
        }
        for (Schedule schedule : workflow.schedules()) {
            List<Problem> problems =
                    TickInputs.of(workflow, schedule, now, Map.of()).problems();
            if (!problems.isEmpty()) {
                throw new CliException(
                        ExitCode.USAGE, composition.workflowFiles().told(problems, file));
            }
        }
        Path path = console.resolve(file);
        return new Read(
                workflow,
                WorkflowText.gather(path, OrdinaryFile::sharedText),
                composition.runsOf(path).home().path());
    }
}
