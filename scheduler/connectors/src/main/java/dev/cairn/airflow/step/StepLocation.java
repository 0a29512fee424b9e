package dev.cairn.airflow.step;

import java.nio.file.Path;

/** Finds the run and the step from the path of the attempt's folder: {@code runs/RUN/steps/STEP/attempts/001}. */
record StepLocation(String run, String step) {
    private static final int RUN_FROM_END = 5;
    private static final int STEP_FROM_END = 3;

    static StepLocation of(Path attemptFolder) {
        Path path = attemptFolder.toAbsolutePath();
        int names = path.getNameCount();
        return new StepLocation(
                path.getName(names - RUN_FROM_END).toString(),
                path.getName(names - STEP_FROM_END).toString());
    }
}
