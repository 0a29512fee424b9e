package dev.cairn.wire;

import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns of secrets that are sent in clear text. Thread-safe. */
public final class ClearText {
    private static final Logger LOG = LoggerFactory.getLogger(ClearText.class);
    private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

    private ClearText() {}

    /** Warns once per server and process, if the address is {@code http://} on another host than this one. */
    public static void warnOf(String secret, URI address) {
        String server = address.getHost() + (address.getPort() < 0 ? "" : ":" + address.getPort());
        if (isReadableByOthers(address) && WARNED.add(server)) {
            LOG.warn(
                    "{} is sent to http://{} in clear text, for everybody on the way to read; use https://",
                    secret,
                    server);
        }
    }

    static boolean isReadableByOthers(URI address) {
        String host = String.valueOf(address.getHost()).toLowerCase(Locale.ROOT);
        boolean loopback = host.equals("localhost")
                || host.endsWith(".localhost")
                || host.matches("127(\\.\\d{1,3}){3}")
                || host.equals("[::1]");
        return "http".equalsIgnoreCase(address.getScheme()) && !loopback;
    }
}
