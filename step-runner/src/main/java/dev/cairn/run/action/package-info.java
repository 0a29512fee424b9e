/**
 * The common parts of steps without a process, such as {@code approval} and {@code uses: airflow}: their engine and
 * their state.
 */
@NullMarked
package dev.cairn.run.action;

import org.jspecify.annotations.NullMarked;
