/** What the commands have in common: the console, exit codes, JSON, and the composition root. */
@NullMarked
package dev.cairn.cli.shared;

import org.jspecify.annotations.NullMarked;
