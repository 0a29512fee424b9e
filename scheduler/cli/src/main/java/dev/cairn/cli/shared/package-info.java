/** Shared by all commands: the console, exit codes, JSON, and the composition root. */
@NullMarked
package dev.cairn.cli.shared;

import org.jspecify.annotations.NullMarked;
