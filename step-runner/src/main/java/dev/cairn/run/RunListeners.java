package dev.cairn.run;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.event.RunListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Several listeners as one. Thread-safe. */
final class RunListeners implements RunListener {
    private final List<RunListener> listeners = new CopyOnWriteArrayList<>();

    void add(RunListener listener) {
        listeners.add(listener);
    }

    @Override
    public void on(RunEvent event) {
        listeners.forEach(listener -> listener.on(event));
    }
}
