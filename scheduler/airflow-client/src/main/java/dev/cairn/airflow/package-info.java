/**
 * A client for Apache Airflow's stable REST API, {@code /api/v1} (Airflow 2) and {@code /api/v2} (Airflow 3) behind one
 * set of methods. Start with {@link dev.cairn.airflow.AirflowClient}.
 *
 * <p>Responses are records of what the two versions have in common, with the whole response as {@code json()}. Fields
 * that this client does not know are in {@code json()}; unknown states are kept as text. Only this package uses OkHttp.
 */
@NullMarked
package dev.cairn.airflow;

import org.jspecify.annotations.NullMarked;
