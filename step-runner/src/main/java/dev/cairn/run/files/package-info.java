/** Files that are there whole or not at all, readable by their owner only. */
@NullMarked
package dev.cairn.run.files;

import org.jspecify.annotations.NullMarked;
