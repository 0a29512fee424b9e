/** The commands {@code cairn image ...}: list, show and verify images. */
@NullMarked
package dev.cairn.cli.image;

import org.jspecify.annotations.NullMarked;
