/** The commands {@code cairn schedule ...}. */
@NullMarked
package dev.cairn.cli.schedule;

import org.jspecify.annotations.NullMarked;
