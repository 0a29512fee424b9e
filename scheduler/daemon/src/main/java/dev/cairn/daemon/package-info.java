/** The daemon: starts scheduled runs, and resumes them after any crash. */
@NullMarked
package dev.cairn.daemon;

import org.jspecify.annotations.NullMarked;
