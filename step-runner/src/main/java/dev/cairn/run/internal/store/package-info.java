/** Finds the run for a workflow file, key or name, or creates it. */
@NullMarked
package dev.cairn.run.internal.store;

import org.jspecify.annotations.NullMarked;
