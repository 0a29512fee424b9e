package dev.cairn.cli.airflow;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.AirflowException;
import dev.cairn.airflow.config.ConfigurationException;
import dev.cairn.cli.shared.CliException;
import dev.cairn.cli.shared.CompositionRoot;
import dev.cairn.cli.shared.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Opens a connection by its name for the duration of a command, and converts errors to messages and exit codes. */
final class AirflowAccess {
    private final CompositionRoot composition;

    AirflowAccess(CompositionRoot composition) {
        this.composition = composition;
    }

    /** The part of a command that uses a server. */
    @FunctionalInterface
    interface Use {
        int with(AirflowClient airflow) throws IOException, InterruptedException, CliException;
    }

    int use(String connection, Use use) throws IOException, InterruptedException, CliException {
        try (AirflowClient airflow = AirflowClient.connect(composition.airflow().named(connection))) {
            return use.with(airflow);
        } catch (ConfigurationException e) {
            throw new CliException(ExitCode.USAGE, e.getMessage(), e);
        } catch (AirflowException e) {
            throw told(e);
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof AirflowException cause) {
                throw told(cause);
            }
            throw e;
        }
    }

    private static CliException told(AirflowException e) {
        int code = switch (e.kind()) {
            case NOT_FOUND -> ExitCode.NOT_FOUND;
            case CONFLICT, INVALID -> ExitCode.FAILED;
            case UNAUTHORIZED, FORBIDDEN, UNSUPPORTED, NOT_AIRFLOW, TLS -> ExitCode.UNAVAILABLE;
            case THROTTLED, SERVER, UNREACHABLE, NO_ANSWER -> ExitCode.UNAVAILABLE;
        };
        return new CliException(code, e.getMessage(), e);
    }
}
