package dev.cairn.airflow;

import java.time.Duration;

/** Waits. Tests use an implementation that takes no time. */
@FunctionalInterface
interface Sleeper {
    Sleeper REAL = length -> Thread.sleep(length.toMillis());

    void of(Duration length) throws InterruptedException;
}
