package dev.cairn.http.access;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the API and the pages answer; immutable.
 *
 * @param port 0 for any that is free
 * @param tls for HTTPS; empty for HTTP
 * @param names by which clients call this server, besides its address and, on loopback, {@code localhost}; lower case
 */
public record Listening(InetAddress address, int port, Optional<Tls> tls, Set<String> names) {
    private static final Pattern PLACE = Pattern.compile("(?:(.*):)?(\\d{1,5})");
    private static final int LARGEST_PORT = 65_535;

    public Listening {
        names = Set.copyOf(names);
    }

    /**
     * PEM files.
     *
     * @param certificates the server's own first
     * @param key unencrypted PKCS #8
     */
    public record Tls(Path certificates, Path key) {}

    /** Any port of loopback. */
    public static Listening onLoopback(int port) {
        return new Listening(InetAddress.getLoopbackAddress(), port, Optional.empty(), Set.of());
    }

    /**
     * Reads {@code PORT}, on loopback, or {@code ADDRESS:PORT}.
     *
     * @throws IllegalArgumentException with the reason
     */
    public static Listening parse(String text) {
        Matcher place = PLACE.matcher(text);
        if (!place.matches() || Integer.parseInt(place.group(2)) > LARGEST_PORT) {
            throw new IllegalArgumentException("not PORT or ADDRESS:PORT, with a port from 0 to " + LARGEST_PORT);
        }
        Listening loopback = onLoopback(Integer.parseInt(place.group(2)));
        if (place.group(1) == null) {
            return loopback;
        }
        try {
            return new Listening(InetAddress.getByName(place.group(1)), loopback.port, Optional.empty(), Set.of());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(place.group(1) + " is no address of this host", e);
        }
    }

    public Listening with(Optional<Tls> files, Set<String> called) {
        return new Listening(address, port, files, called);
    }

    /** Whether what is sent can be read on its way. */
    public boolean isExposed() {
        return tls.isEmpty() && !address.isLoopbackAddress();
    }
}
