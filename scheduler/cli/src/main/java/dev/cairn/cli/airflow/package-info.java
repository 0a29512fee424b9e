/** The commands {@code cairn airflow ...}. */
@NullMarked
package dev.cairn.cli.airflow;

import org.jspecify.annotations.NullMarked;
