/** The command {@code completion} and what the scripts that it prints ask for at each TAB. */
@NullMarked
package dev.cairn.cli.completion;

import org.jspecify.annotations.NullMarked;
