/** Commands about Airflow servers. */
@NullMarked
package dev.cairn.cli.airflow;

import org.jspecify.annotations.NullMarked;
