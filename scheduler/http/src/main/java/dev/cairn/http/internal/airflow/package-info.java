/** The Airflow-compatible API under {@code /api/v2}. */
@NullMarked
package dev.cairn.http.internal.airflow;

import org.jspecify.annotations.NullMarked;
