package dev.cairn.http.internal.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.cairn.files.Digests;
import dev.cairn.http.access.Role;
import dev.cairn.http.access.Tokens;
import dev.cairn.run.view.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;

/** Finds the route of a request, checks the caller's role, and writes the answer. Thread-safe. */
final class Router implements HttpHandler {
    /** The maximum number of open event streams; each needs a thread. */
    private static final int STREAMS = 256;

    /**
     * Nothing of a page comes from elsewhere, runs inline, or is shown in another site's frame. With no referrer at all a browser would
     * send our own forms with {@code Origin: null}.
     */
    private static final Map<String, String> ALWAYS = Map.of(
            "X-Content-Type-Options", "nosniff",
            "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
                            + " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "Referrer-Policy", "same-origin",
            "Cache-Control", "no-store");

    private final List<Route.Matched> routes;
    private final Tokens tokens;
    private final boolean tls;
    private final Consumer<String> tell;
    private final Semaphore streams = new Semaphore(STREAMS);

    /**
     * @param tls whether requests come encrypted
     * @param tell writes a line about a bug to the daemon's log
     */
    Router(List<Route> routes, Tokens tokens, boolean tls, Consumer<String> tell) {
        this.tls = tls;
        this.routes = routes.stream().map(Route.Matched::new).toList();
        this.tokens = tokens;
        this.tell = tell;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getRawPath();
        Problems problems = Problems.of(path);
        Response response;
        try {
            response = answer(exchange, path);
        } catch (Exception e) { // the root of the request's thread
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            if (Problems.isBug(e)) {
                tell.accept("a bug in Cairn, answering " + exchange.getRequestMethod() + ": " + e);
            }
            response = isPageWithoutLogin(path, e) ? Response.empty(303).with("Location", "/login") : problems.of(e);
        }
        try (exchange) {
            write(exchange, response);
        }
    }

    private static boolean isPageWithoutLogin(String path, Exception e) {
        boolean api = path.startsWith("/api/") || path.startsWith("/auth/");
        return e instanceof HttpError error && error.status() == 401 && !api;
    }

    private Response answer(HttpExchange exchange, String path) throws Exception {
        String method = exchange.getRequestMethod();
        boolean known = false;
        for (Route.Matched candidate : routes) {
            Optional<Map<String, String>> places = candidate.match(path);
            if (places.isPresent()) {
                known = true;
                if (candidate.route().method().equals(method)) {
                    return candidate.route().handler().handle(request(exchange, candidate.route(), places.get()));
                }
            }
        }
        throw known
                ? new HttpError(405, method + " is not for this path")
                : new HttpError(404, "there is nothing at this path");
    }

    private Request request(HttpExchange exchange, Route route, Map<String, String> places)
            throws HttpError, IOException {
        Map<String, String> headers = new LinkedHashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
        Caller caller = Caller.of(headers, tokens);
        if (route.needs().isPresent()) {
            caller.check(route.needs().get());
        }
        try {
            Map<String, String> decoded = new LinkedHashMap<>();
            // a + in a path is a plus sign
            places.forEach((name, value) -> decoded.put(name, Request.decoded(value.replace("+", "%2B"))));
            Request request = new Request(
                    route.method(),
                    decoded,
                    Request.fields(Optional.ofNullable(exchange.getRequestURI().getRawQuery())
                            .orElse("")),
                    headers,
                    exchange.getRequestBody().readNBytes((int) Request.LARGEST_BODY),
                    caller.role(),
                    caller.credential(),
                    tls || "https".equals(headers.get("x-forwarded-proto")));
            caller.checkForm(request, route, tokens);
            return request;
        } catch (IllegalArgumentException brokenEscape) {
            throw new HttpError(400, "the path or the query has a broken escape");
        }
    }

    /**
     * The caller.
     *
     * @param cookie whether the browser added the credential by itself
     */
    private record Caller(Optional<Role> role, String credential, boolean cookie) {
        static Caller of(Map<String, String> headers, Tokens tokens) {
            String authorization = headers.getOrDefault("authorization", "");
            if (authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
                String bearer = authorization.substring(7).strip();
                return new Caller(tokens.roleOf(bearer), bearer, false);
            }
            String name = tokens.cookie() + "=";
            for (String cookie : headers.getOrDefault("cookie", "").split(";")) {
                if (cookie.strip().startsWith(name)) {
                    String session = cookie.strip().substring(name.length());
                    return new Caller(tokens.roleOf(session), session, true);
                }
            }
            return new Caller(Optional.empty(), "", false);
        }

        void check(Role needed) throws HttpError {
            if (role.isEmpty()) {
                throw new HttpError(
                        401,
                        credential.isEmpty()
                                ? "a token is needed: 'cairn daemon token' prints it; send it as Authorization: Bearer"
                                : "this token is not valid, or its session has ended");
            }
            if (!role.get().allows(needed)) {
                throw new HttpError(403, "this token may only read");
            }
        }

        /** Checks that a changing request with a cookie comes from one of these pages. */
        void checkForm(Request request, Route route, Tokens tokens) throws HttpError {
            boolean changes = !route.method().equals("GET") && route.needs().isPresent();
            if (cookie && changes) {
                String key = request.header("X-Cairn-Form")
                        .or(() -> request.form("form_key"))
                        .orElse("");
                if (!tokens.isFormKey(key, credential)) {
                    throw new HttpError(403, "only Cairn's own pages may do this with a cookie; reload the page");
                }
            }
        }
    }

    private void write(HttpExchange exchange, Response response) throws IOException {
        ALWAYS.forEach(exchange.getResponseHeaders()::set);
        if (response instanceof Response.Whole whole) {
            write(exchange, whole);
        } else {
            write(exchange, ((Response.Events) response).source());
        }
    }

    private static void write(HttpExchange exchange, Response.Whole whole) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", whole.type());
        whole.headers().forEach(exchange.getResponseHeaders()::set);
        if (whole.status() == 401) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
        }
        if (whole.status() == 200 && exchange.getRequestMethod().equals("GET")) {
            String tag = tag(whole.body());
            exchange.getResponseHeaders().set("ETag", tag);
            exchange.getResponseHeaders().set("Cache-Control", "private, no-cache");
            if (tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
                exchange.sendResponseHeaders(304, -1);
                return;
            }
        }
        byte[] body = encoded(exchange, whole);
        exchange.sendResponseHeaders(whole.status(), body.length == 0 ? -1 : body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    /** Pages are compressed where the browser can read that. Cookies stay in the site, so that no other can measure the size. */
    private static byte[] encoded(HttpExchange exchange, Response.Whole whole) throws IOException {
        String accepted = String.valueOf(exchange.getRequestHeaders().getFirst("Accept-Encoding"));
        if (!whole.type().equals(Response.HTML) || !accepted.contains("gzip")) {
            return whole.body();
        }
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(whole.body());
        }
        exchange.getResponseHeaders().set("Content-Encoding", "gzip");
        exchange.getResponseHeaders().set("Vary", "Accept-Encoding");
        return compressed.toByteArray();
    }

    private static String tag(byte[] body) {
        return '"' + Digests.of(body) + '"';
    }

    private void write(HttpExchange exchange, Response.Source source) throws IOException {
        if (!streams.tryAcquire()) {
            write(
                    exchange,
                    Response.problem(503, "Service Unavailable", "too many streams are open", new JsonObject())
                            .with("Retry-After", "5"));
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            source.writeTo(new EventStream(out));
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        } finally {
            streams.release();
        }
    }
}
