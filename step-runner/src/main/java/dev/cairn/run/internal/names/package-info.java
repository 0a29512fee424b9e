/** Names of run folders, and which run a name meant last. */
@NullMarked
package dev.cairn.run.internal.names;

import org.jspecify.annotations.NullMarked;
