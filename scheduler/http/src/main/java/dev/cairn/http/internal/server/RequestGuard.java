package dev.cairn.http.internal.server;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.cairn.http.access.Listening;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses requests that Cairn's clients never send: from a page whose host name leads to this machine (DNS rebinding;
 * recognized by {@code Host}), from another site's page (recognized by {@code Origin}), and with a body larger than any
 * call needs. Immutable, thread-safe.
 */
final class RequestGuard extends Filter {
    /** A name, an IPv4 address or an IPv6 address in brackets; then a port, which a tunnel may have changed. */
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[0-9a-f:.]+]|[a-z0-9._-]+)(?::\\d{1,5})?");

    private static final Pattern LOOPBACK_V4 = Pattern.compile("127(?:\\.\\d{1,3}){3}");

    private final boolean loopback;
    private final Set<String> names;

    RequestGuard(Listening where) {
        this.loopback = where.address().isLoopbackAddress();
        this.names = new HashSet<>(where.names());
        String address = where.address().getHostAddress();
        names.add(address.contains(":") ? "[" + address + "]" : address);
        if (loopback) {
            names.addAll(Set.of("localhost", "[::1]", "[0:0:0:0:0:0:0:1]"));
        }
    }

    @Override
    public String description() {
        return "Host, Origin and size";
    }

    @Override
    public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
        Optional<Refusal> refusal = refusal(exchange.getRequestHeaders());
        if (refusal.isPresent()) {
            exchange.getResponseHeaders().set("Connection", "close");
            answer(exchange, refusal.get());
        } else {
            chain.doFilter(exchange);
        }
    }

    /** Does not read the body of the request. */
    private static void answer(HttpExchange exchange, Refusal refusal) throws IOException {
        try (exchange) {
            Response.Whole response =
                    Problems.refusal(exchange.getRequestURI().getPath(), refusal.status(), refusal.text());
            byte[] body = response.body();
            exchange.getResponseHeaders().set("Content-Type", response.type());
            exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
            exchange.sendResponseHeaders(refusal.status(), body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    /**
     * Why a request is refused.
     *
     * @param status the HTTP status
     * @param text the message for a person, with a line end
     */
    record Refusal(int status, String text) {}

    Optional<Refusal> refusal(Headers request) {
        List<String> hosts = request.getOrDefault("Host", List.of());
        if (hosts.size() != 1) {
            return refuse(400, "a request names one Host");
        }
        String host = hosts.get(0).strip().toLowerCase(Locale.ROOT);
        if (!isOurs(host)) {
            return refuse(403, "this server is not called that; use its address, or allow the name with --http-name");
        }
        for (String origin : request.getOrDefault("Origin", List.of())) {
            if (!isSame(origin, host)) {
                return refuse(403, "pages of other sites are not answered");
            }
        }
        return isTooLarge(request)
                ? refuse(413, "no call takes a body of more than " + Request.LARGEST_BODY + " bytes")
                : Optional.empty();
    }

    private static Optional<Refusal> refuse(int status, String why) {
        return Optional.of(new Refusal(status, why + "\n"));
    }

    private boolean isOurs(String host) {
        Matcher matcher = AUTHORITY.matcher(host);
        if (!matcher.matches()) {
            return false;
        }
        String name = matcher.group(1);
        return names.contains(name) || loopback && LOOPBACK_V4.matcher(name).matches();
    }

    private static boolean isSame(String origin, String host) {
        try {
            URI uri = URI.create(origin.strip().toLowerCase(Locale.ROOT));
            return Set.of("http", "https").contains(String.valueOf(uri.getScheme()))
                    && host.equals(uri.getRawAuthority());
        } catch (IllegalArgumentException unreadable) {
            return false;
        }
    }

    private static boolean isTooLarge(Headers request) {
        String length = Optional.ofNullable(request.getFirst("Content-Length"))
                .orElse("0")
                .strip();
        return request.containsKey("Transfer-Encoding")
                || !length.matches("\\d{1,9}")
                || Long.parseLong(length) > Request.LARGEST_BODY;
    }
}
