/** Files that are there whole or not at all, readable by their owner only. */
@NullMarked
package dev.cairn.files;

import org.jspecify.annotations.NullMarked;
