/** Retention: which runs and images are no longer needed, and their removal, for {@code cairn gc} and the daemon. */
@NullMarked
package dev.cairn.run.retention;

import org.jspecify.annotations.NullMarked;
