package dev.cairn.cli.shared;

import dev.cairn.run.manifest.RunFolder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/** The run that a command shows. */
public final class RunOrNewest {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "NAME",
            description = "A run's id, the name of an exec, or a key; the newest run if not given.")
    private @Nullable String name;

    /** @throws CliException if there is no such run, or no run at all */
    public RunFolder find(Runs runs) throws IOException, CliException {
        return runs.findOrNewest(name);
    }
}
