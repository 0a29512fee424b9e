/** Names and keys of runs: generates run ids, and finds the latest run of a name. */
@NullMarked
package dev.cairn.run.internal.names;

import org.jspecify.annotations.NullMarked;
