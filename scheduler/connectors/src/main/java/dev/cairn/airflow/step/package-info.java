/** The step {@code uses: airflow}: one DAG run, triggered once and followed to its end. */
@NullMarked
package dev.cairn.airflow.step;

import org.jspecify.annotations.NullMarked;
