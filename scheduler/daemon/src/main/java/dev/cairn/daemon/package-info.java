/** The process that starts scheduled runs, and resumes them after any death. */
@NullMarked
package dev.cairn.daemon;

import org.jspecify.annotations.NullMarked;
