/** The folder that holds the runs: where it is, which runs are in it, and which one a line on the command line means. */
@NullMarked
package dev.cairn.run.store;

import org.jspecify.annotations.NullMarked;
