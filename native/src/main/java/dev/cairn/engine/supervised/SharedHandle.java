package dev.cairn.engine.supervised;

import com.sun.jna.Pointer;
import java.util.function.Consumer;

/**
 * A native handle that several threads use at once. It is freed once it is closed and no longer in use. Thread-safe;
 * the lock protects only the counter.
 */
final class SharedHandle implements AutoCloseable {
    private final Pointer pointer;
    private final Consumer<Pointer> free;
    private int users = 1; // counts the owner, until it closes the handle
    private boolean closed;

    SharedHandle(Pointer pointer, Consumer<Pointer> free) {
        this.pointer = pointer;
        this.free = free;
    }

    interface Use<T, E extends Exception> {
        T with(Pointer pointer) throws E;
    }

    /** @throws IllegalStateException if the handle has been closed */
    <T, E extends Exception> T use(Use<T, E> use) throws E {
        acquire();
        try {
            return use.with(pointer);
        } finally {
            release();
        }
    }

    private synchronized void acquire() {
        if (closed) {
            throw new IllegalStateException("used after close");
        }
        users++;
    }

    private void release() {
        boolean last;
        synchronized (this) {
            last = --users == 0;
        }
        if (last) {
            free.accept(pointer);
        }
    }

    /** From now on no use can begin. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        release();
    }
}
