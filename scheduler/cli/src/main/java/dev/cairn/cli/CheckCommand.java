package dev.cairn.cli;

import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.HostFinding;
import dev.cairn.host.HostIdentity;
import dev.cairn.run.view.Json;
import dev.cairn.run.view.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cairn check}. */
@Command(
        name = "check",
        description = "Shows what this host supports per engine; for each gap, its effect and who can fix it.")
final class CheckCommand implements Callable<Integer> {
    /** The default engine of steps. What it lacks decides the exit code. */
    private static final String DEFAULT_ENGINE = "native";

    private final Console console;
    private final CompositionRoot composition;

    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    CheckCommand(CompositionRoot composition) {
        this.composition = composition;
        this.console = composition.console();
    }

    private record Checked(String engine, List<HostFinding> findings) {
        boolean ok() {
            return findings.stream().allMatch(finding -> finding.ok() || !finding.required());
        }
    }

    @Override
    public Integer call() throws IOException, EngineException {
        HostIdentity host = HostIdentity.current();
        List<Checked> checked = composition.engines().stream()
                .map(engine -> new Checked(engine.name(), engine.check()))
                .toList();
        if (json) {
            JsonObject document = new JsonObject()
                    .put("host", host.name())
                    .put("kernel", host.kernel())
                    .put("engines", checked.stream().map(CheckCommand::json).toList());
            Json.print(console.out(), document);
        } else {
            console.out().println("host " + host.name() + ", kernel " + host.kernel());
            checked.forEach(this::print);
        }
        return checked.stream().anyMatch(c -> c.engine().equals(DEFAULT_ENGINE) && !c.ok())
                ? ExitCode.FAILED
                : ExitCode.OK;
    }

    private void print(Checked checked) {
        console.out().println();
        console.out()
                .println("engine " + checked.engine() + ": " + (checked.ok() ? "can be used" : "cannot be used here"));
        for (HostFinding finding : checked.findings()) {
            console.out().println("  " + mark(finding) + "  " + finding.name() + ": " + finding.detail());
            printUnlessEmpty("costs: ", finding.cost());
            printUnlessEmpty("to change it: ", finding.who());
        }
    }

    private void printUnlessEmpty(String label, String text) {
        if (!text.isEmpty()) {
            console.out().println("           " + label + text);
        }
    }

    private static String mark(HostFinding finding) {
        return finding.ok() ? "ok     " : finding.required() ? "missing" : "without";
    }

    private static JsonObject json(Checked checked) {
        return new JsonObject()
                .put("name", checked.engine())
                .put("ok", checked.ok())
                .put(
                        "findings",
                        checked.findings().stream().map(CheckCommand::json).toList());
    }

    private static JsonObject json(HostFinding finding) {
        return new JsonObject()
                .put("name", finding.name())
                .put("ok", finding.ok())
                .put("required", finding.required())
                .put("detail", finding.detail())
                .put("cost", finding.cost())
                .put("who", finding.who());
    }
}
