package dev.cairn.run.event;

/** Is told what happens in a run while it happens; called from several threads, and should return soon. */
@FunctionalInterface
public interface RunListener {
    void on(RunEvent event);
}
