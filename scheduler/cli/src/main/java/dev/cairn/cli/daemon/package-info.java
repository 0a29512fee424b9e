/** The commands {@code cairn daemon ...}: start, stop and show the daemon. */
@NullMarked
package dev.cairn.cli.daemon;

import org.jspecify.annotations.NullMarked;
