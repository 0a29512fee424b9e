/** The folder that holds the runs: where it is, and which runs are in it. */
@NullMarked
package dev.cairn.run.home;

import org.jspecify.annotations.NullMarked;
