package dev.cairn.airflow;

import dev.cairn.airflow.AirflowException.Kind;
import dev.cairn.wire.AnswerTooLargeException;
import dev.cairn.wire.ClearText;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Sends one request, once, and classifies failures. Thread-safe. */
final class HttpTransport {
    private static final MediaType JSON = MediaType.get("application/json");

    private final Connections connections;
    private final URI address;
    private final Optional<URI> proxy;

    HttpTransport(Connections connections, ConnectionSettings settings) {
        this.connections = connections;
        this.address = settings.address();
        this.proxy = settings.proxy();
    }

    /**
     * @param root the root of the call's path, below the server's address
     * @throws AirflowException if there is no complete answer
     */
    ApiResponse send(ApiRequest call, String root, Optional<String> authorization) throws AirflowException {
        Request.Builder request = new Request.Builder()
                .url(url(call, root))
                .header("Accept", call.accept())
                .header("User-Agent", "cairn")
                .method(
                        call.method(),
                        call.body()
                                .map(body -> RequestBody.create(body.toString(), JSON))
                                .orElse(null));
        if (authorization.isPresent()) {
            ClearText.warnOf("the token or password of Airflow", address);
            request.header("Authorization", authorization.get());
        }
        OkHttpClient client = call.method().equals("GET") ? connections.reading() : connections.writing();
        TlsWatch handshake = new TlsWatch();
        OkHttpClient calls = client.newBuilder().eventListener(handshake).build();
        try (Response response = calls.newCall(request.build()).execute()) {
            return new ApiResponse(
                    response.code(),
                    Objects.requireNonNullElse(response.header("Content-Type"), ""),
                    response.body().string(),
                    Optional.ofNullable(response.header("Airflow-Continuation-Token")),
                    Optional.ofNullable(
                            response.isRedirect() ? response.header("Location") : response.header("Retry-After")));
        } catch (IOException e) {
            throw failure(call, e, handshake.isUnderWay());
        }
    }

    private HttpUrl url(ApiRequest call, String root) {
        HttpUrl.Builder url = HttpUrl.get(address).newBuilder();
        if (!root.isEmpty()) {
            url.addPathSegments(root);
        }
        call.path().forEach(url::addPathSegment);
        for (int i = 0; i < call.query().size(); i += 2) {
            url.addQueryParameter(call.query().get(i), call.query().get(i + 1));
        }
        return url.build();
    }

    private AirflowException failure(ApiRequest call, IOException e, boolean inHandshake) {
        String what = call.describe() + " at " + address
                + proxy.map(by -> " through " + by).orElse("") + ": ";
        if (e instanceof AnswerTooLargeException) {
            return new AirflowException(Kind.NOT_AIRFLOW, what + e.getMessage() + ", which is not read", e);
        }
        if (e instanceof SSLPeerUnverifiedException || isAboutACertificate(e)) {
            return new AirflowException(
                    Kind.TLS,
                    what + "its certificate is not accepted (" + e.getMessage()
                            + "). For a CA of your own or a self-signed certificate name its PEM file as this connection's"
                            + " 'certificates'",
                    e);
        }
        if (e instanceof SSLHandshakeException || String.valueOf(e.getMessage()).contains("unrecognized SSL message")) {
            return new AirflowException(
                    Kind.TLS,
                    what + "it does not speak TLS (" + e.getMessage() + "). Is it http:// in place of https://?",
                    e);
        }
        if (e instanceof UnknownHostException) {
            return new AirflowException(Kind.UNREACHABLE, what + "there is no host of this name", e);
        }
        if (e instanceof ConnectException || e instanceof NoRouteToHostException) {
            return new AirflowException(
                    Kind.UNREACHABLE,
                    what + "no connection: " + e.getMessage() + ". Is it running, and is this its address?",
                    e);
        }
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        if (e instanceof InterruptedIOException && message.startsWith("failed to connect")) {
            return new AirflowException(Kind.UNREACHABLE, what + "no connection in time", e);
        }
        if (e instanceof InterruptedIOException && inHandshake) {
            return new AirflowException(
                    Kind.UNREACHABLE,
                    what + "no TLS connection in time: " + message + ". Is it http:// in place of https://?",
                    e);
        }
        return new AirflowException(Kind.NO_ANSWER, what + "no whole answer: " + message + hint(e, message), e);
    }

    private static boolean isAboutACertificate(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    /**
     * A hint for the message of a failure. A port that expects TLS answers plain HTTP with a few bytes, or hangs up.
     */
    private String hint(IOException e, String message) {
        boolean strange = e instanceof ProtocolException || message.startsWith("unexpected end of stream");
        return strange && "http".equals(address.getScheme()) ? ". If this port wants TLS, write https://" : "";
    }
}
