/** The step {@code uses: airflow}: triggers one DAG run once and follows it to its end. */
@NullMarked
package dev.cairn.airflow.step;

import org.jspecify.annotations.NullMarked;
