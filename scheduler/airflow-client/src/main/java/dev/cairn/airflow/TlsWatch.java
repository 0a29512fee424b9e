package dev.cairn.airflow;

import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Handshake;
import org.jspecify.annotations.Nullable;

/**
 * Knows whether a call hangs in its TLS handshake. No request is sent before that. Thread-safe; one object for each
 * call.
 */
final class TlsWatch extends EventListener {
    private volatile boolean underWay;

    boolean isUnderWay() {
        return underWay;
    }

    @Override
    public void secureConnectStart(Call call) {
        underWay = true;
    }

    @Override
    public void secureConnectEnd(Call call, @Nullable Handshake done) {
        underWay = false;
    }
}
