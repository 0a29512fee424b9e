package dev.cairn.workflow.resolve;

import java.nio.file.Path;

/**
 * The values of {@code run.*} and {@code workflow.*}; immutable.
 *
 * @param id the run's id
 * @param folder {@code run.dir}, absolute: the steps' own folder in the run folder
 * @param workflowFile absolute
 */
public record RunContext(String id, Path folder, Path workflowFile) {}
