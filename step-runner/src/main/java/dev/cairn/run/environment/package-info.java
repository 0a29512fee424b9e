/** What a step finds in its environment. */
@NullMarked
package dev.cairn.run.environment;

import org.jspecify.annotations.NullMarked;
