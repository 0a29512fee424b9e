/**
 * A client for Apache Airflow's stable REST API: {@code /api/v1} of Airflow 2 and {@code /api/v2} of Airflow 3 behind one set of
 * methods. Begin with {@link dev.cairn.airflow.AirflowClient}.
 *
 * <p>Answers are records that hold what the two versions have in common, with the whole answer as {@code json()}: a field that
 * this client does not know is there, and a state that it does not know is kept as its text. OkHttp is used in this package only.
 */
@NullMarked
package dev.cairn.airflow;

import org.jspecify.annotations.NullMarked;
