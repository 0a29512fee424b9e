/** The HTTP side of the daemon and of {@code cairn ui}: the API, the Airflow-compatible API and the pages on one port. */
@NullMarked
package dev.cairn.http;

import org.jspecify.annotations.NullMarked;
