/** Steps with {@code cache}: what their outputs depend on, and the earlier successes whose outputs they can use. */
@NullMarked
package dev.cairn.run.internal.reuse;

import org.jspecify.annotations.NullMarked;
