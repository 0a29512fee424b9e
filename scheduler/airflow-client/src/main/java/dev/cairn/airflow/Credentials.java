package dev.cairn.airflow;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How the client authenticates. Implementations are thread-safe: one client calls them from many threads. Users can
 * implement it for auth managers that this package does not know.
 */
public interface Credentials {

    /**
     * The value of the header {@code Authorization}; empty sends none.
     *
     * @param login asks the server for a token
     * @throws AirflowException when no credential is available
     */
    Optional<String> authorization(Login login) throws AirflowException;

    /**
     * Reports that the server refused this header.
     *
     * @return true if {@link #authorization} may return a better one now; the call is then repeated once
     */
    default boolean renew(String refused) {
        return false;
    }

    /** No header, for a server without authentication. */
    static Credentials none() {
        return login -> Optional.empty();
    }

    /**
     * User and password for either version. Airflow 2 gets them as Basic authentication. For Airflow 3, a token is
     * fetched from {@code POST /auth/token} when it is first needed, and again when it is refused, because it expires
     * (a day by default: {@code [api_auth] jwt_expiration_time}). Source: Airflow's "Public API authentication" pages.
     *
     * @param password read each time, so that a changed file or variable takes effect
     */
    static Credentials password(String user, Supplier<String> password) {
        return new PasswordCredentials(user, password);
    }

    /** Basic authentication with either version, for a proxy in front of Airflow. */
    static Credentials basic(String user, Supplier<String> password) {
        return login -> Optional.of(basicHeader(user, password.get()));
    }

    /** A token that another program renews. */
    static Credentials bearer(Supplier<String> token) {
        return login -> Optional.of("Bearer " + checked(token.get().strip()));
    }

    /** RFC 6750, 2.1: a token consists of visible characters. */
    private static String checked(String token) throws AirflowException {
        if (!token.matches("[!-~]+")) {
            throw new AirflowException(
                    AirflowException.Kind.UNAUTHORIZED,
                    "the token of this connection is empty or holds spaces, line ends or letters that no token has");
        }
        return token;
    }

    /** RFC 7617, in UTF-8. */
    static String basicHeader(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }
}
