/** Steps with {@code cache}: what their outputs depend on, and the earlier successes whose outputs may stand for theirs. */
@NullMarked
package dev.cairn.run.internal.reuse;

import org.jspecify.annotations.NullMarked;
