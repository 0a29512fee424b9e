/** Retention: which runs and unreferenced images {@code cairn gc} and the daemon remove; the supervisor prunes the images of a running step. */
@NullMarked
package dev.cairn.run.retention;

import org.jspecify.annotations.NullMarked;
