package dev.cairn.airflow.step;

import java.nio.file.Path;

/** Our run and step, as the attempt's folder tells them: {@code runs/RUN/steps/STEP/attempts/001}. */
record RunIdentity(String run, String step) {

    static RunIdentity of(Path attemptFolder) {
        Path step = attemptFolder.toAbsolutePath().getParent().getParent();
        return new RunIdentity(
                step.getParent().getParent().getFileName().toString(), step.getFileName().toString());
    }
}
