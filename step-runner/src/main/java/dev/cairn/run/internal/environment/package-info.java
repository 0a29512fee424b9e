/** What a step finds in its environment. */
@NullMarked
package dev.cairn.run.internal.environment;

import org.jspecify.annotations.NullMarked;
