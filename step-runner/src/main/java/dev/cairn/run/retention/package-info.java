/** Which runs and images are not needed any more, and their removal; the same for {@code cairn gc} and the daemon. */
@NullMarked
package dev.cairn.run.retention;

import org.jspecify.annotations.NullMarked;
