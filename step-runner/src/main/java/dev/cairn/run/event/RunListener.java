package dev.cairn.run.event;

/** Receives the events of a run as they happen. Called from several threads; should return soon. */
@FunctionalInterface
public interface RunListener {
    void on(RunEvent event);
}
