/** What steps without a process have in common: their engine and their state, as for {@code approval} and {@code uses: airflow}. */
@NullMarked
package dev.cairn.run.action;

import org.jspecify.annotations.NullMarked;
