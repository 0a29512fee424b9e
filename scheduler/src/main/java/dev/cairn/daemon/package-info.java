/** The process that starts runs by themselves: decides what is due, runs it, and goes on with it after any death. */
@NullMarked
package dev.cairn.daemon;

import org.jspecify.annotations.NullMarked;
