package dev.cairn.cli.shared;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** The values that a person gives to a workflow's inputs. */
public final class InputOptions {
    @Option(
            names = "--input",
            paramLabel = "NAME=VALUE",
            description = "A value for one of the workflow's inputs; repeatable.")
    private Map<String, String> inputs = new LinkedHashMap<>();

    public Map<String, String> values() {
        return inputs;
    }
}
