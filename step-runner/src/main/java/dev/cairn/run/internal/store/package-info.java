/** Finds the run that a line on the command line means, or creates it. */
@NullMarked
package dev.cairn.run.internal.store;

import org.jspecify.annotations.NullMarked;
