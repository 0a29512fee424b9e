package dev.cairn.cli.daemon;

import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.shared.ExitCode;
import dev.cairn.http.access.Listening;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the daemon answers HTTP. */
final class HttpOptions {
    @Option(
            names = "--http",
            paramLabel = "[ADDRESS:]PORT",
            description = "Answers the API, the pages, /metrics (Prometheus) and /health on this port, of loopback "
                    + "unless an address is given; 0 picks a free port.")
    private @Nullable String http;

    @Option(
            names = "--http-name",
            paramLabel = "NAME",
            description = "Also answers requests for this host name, such as that of a reverse proxy.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Answers HTTPS with the certificates in this PEM file; needs --tls-key.")
    private @Nullable Path certificates;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "The key of --tls-cert, PEM, unencrypted PKCS #8.")
    private @Nullable Path key;

    @Option(
            names = "--http-unencrypted",
            description = "Allows --http on another address than loopback without TLS; tokens can be read on the way.")
    private boolean unencrypted;

    /** Empty without {@code --http}. */
    Optional<Listening> listening(Console console) throws CliException {
        if ((certificates == null) != (key == null)) {
            throw new CliException(ExitCode.USAGE, "--tls-cert and --tls-key need each other");
        }
        if (http == null) {
            if (certificates != null || !names.isEmpty() || unencrypted) {
                throw new CliException(
                        ExitCode.USAGE, "--http-name, --http-unencrypted, --tls-cert and --tls-key need --http");
            }
            return Optional.empty();
        }
        Listening listening = parsed(http)
                .with(
                        tls(console),
                        names.stream()
                                .map(name -> name.toLowerCase(Locale.ROOT))
                                .collect(Collectors.toSet()));
        if (listening.isExposed() && !unencrypted) {
            throw new CliException(
                    ExitCode.USAGE,
                    "--http " + http
                            + ": other hosts could read tokens on their way. Give --tls-cert and --tls-key, or "
                            + "listen on loopback behind a reverse proxy, or allow it with --http-unencrypted");
        }
        return Optional.of(listening);
    }

    private static Listening parsed(String text) throws CliException {
        try {
            return Listening.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, "--http " + text + ": " + e.getMessage(), e);
        }
    }

    private Optional<Listening.Tls> tls(Console console) {
        return certificates == null || key == null
                ? Optional.empty()
                : Optional.of(new Listening.Tls(console.resolve(certificates), console.resolve(key)));
    }

    /** These options again, for a process that starts in another folder. */
    List<String> given(Console console) {
        List<String> given = new ArrayList<>();
        if (http != null) {
            given.addAll(List.of("--http", http));
        }
        names.forEach(name -> given.addAll(List.of("--http-name", name)));
        tls(console)
                .ifPresent(files -> given.addAll(List.of(
                        "--tls-cert",
                        files.certificates().toString(),
                        "--tls-key",
                        files.key().toString())));
        if (unencrypted) {
            given.add("--http-unencrypted");
        }
        return given;
    }
}
