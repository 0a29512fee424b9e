package dev.cairn.airflow;

import dev.cairn.airflow.AirflowException.Kind;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Basic for v1, a renewed token for v2. Thread-safe; no lock is held while a token is fetched. */
final class PasswordCredentials implements Credentials {
    private final String user;
    private final Supplier<String> password;
    private final AtomicReference<@Nullable String> token = new AtomicReference<>();

    PasswordCredentials(String user, Supplier<String> password) {
        this.user = user;
        this.password = password;
    }

    @Override
    public Optional<String> authorization(Login login) throws AirflowException {
        if (login.apiVersion() == ApiVersion.V1) {
            return Optional.of(Credentials.basicHeader(user, password.get()));
        }
        String known = token.get();
        if (known == null) {
            known = fetch(login);
            token.set(known);
        }
        return Optional.of(known);
    }

    @Override
    public boolean renew(String refused) {
        // another thread may have renewed it already: that one counts
        String known = token.get();
        if (refused.equals(known)) {
            token.compareAndSet(known, null);
        }
        return refused.startsWith("Bearer ");
    }

    private String fetch(Login login) throws AirflowException {
        String got = AirflowJson.text(
                login.post(
                        "auth/token", AirflowJson.object().put("username", user).put("password", password.get())),
                "access_token");
        if (got.isEmpty()) {
            throw new AirflowException(
                    Kind.NOT_AIRFLOW, "logging in to Airflow as " + user + ": the answer holds no access_token");
        }
        return "Bearer " + got;
    }
}
